"""Guides and cars of a departure, and how many visitors a day a pond-house takes

Revision: 0053
Follows: 0049
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
# A type of our own for "this one thing": GiST compares ranges without any extension, and cannot compare plain ids.
NEVER_TWICE = """
    ALTER TABLE departure_resources ADD CONSTRAINT ex_departure_resources_once
    EXCLUDE USING gist (uuid_span(resource_id, resource_id, '[]') WITH &&, period WITH &&)
"""
# Whoever moves a departure, calls it off or drops it: its people and cars go along, or are free. One order, so that
# two who do it at once wait and never lock each other.
FOLLOW = (
    """
    CREATE FUNCTION follow_departures() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE own uuid;
    BEGIN
        IF NEW.state = 'cancelled' OR NEW.dropped_at IS NOT NULL THEN
            DELETE FROM departure_resources WHERE departure_id = NEW.id;
            RETURN NULL;
        END IF;
        FOR own IN SELECT resource_id FROM departure_resources WHERE departure_id = NEW.id ORDER BY resource_id LOOP
            UPDATE departure_resources SET period = tstzrange(NEW.starts_at, NEW.ends_at)
            WHERE departure_id = NEW.id AND resource_id = own;
        END LOOP;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER follow AFTER UPDATE ON departures FOR EACH ROW
    WHEN ((OLD.starts_at, OLD.ends_at, OLD.state, OLD.dropped_at)
        IS DISTINCT FROM (NEW.starts_at, NEW.ends_at, NEW.state, NEW.dropped_at))
    EXECUTE FUNCTION follow_departures()
    """,
)


def upgrade() -> None:
    op.create_table(
        "tour_resources",
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum("guide", "car", "boat", name="resourcekind", native_enum=False, create_constraint=True, length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("languages", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("seats", sa.BigInteger(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("(kind = 'guide') = (seats IS NULL)", name=op.f("ck_tour_resources_vehicles_have_seats")),
        sa.CheckConstraint("seats > 0", name=op.f("ck_tour_resources_seats_positive")),
        sa.CheckConstraint("kind = 'guide' OR person_id IS NULL", name=op.f("ck_tour_resources_guides_are_people")),
        sa.ForeignKeyConstraint(["producer_id"], ["producers.id"], name=op.f("fk_tour_resources_producer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_tour_resources_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tour_resources")),
    )
    op.create_index(op.f("ix_tour_resources_producer_id"), "tour_resources", ["producer_id"])
    op.create_index("uq_tour_resources_person", "tour_resources", ["producer_id", "person_id"], unique=True, postgresql_where=sa.text("person_id IS NOT NULL"))
    op.create_table(
        "departure_resources",
        sa.Column("departure_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.ForeignKeyConstraint(["departure_id"], ["departures.id"], name=op.f("fk_departure_resources_departure_id")),
        sa.ForeignKeyConstraint(["resource_id"], ["tour_resources.id"], name=op.f("fk_departure_resources_resource_id")),
        sa.PrimaryKeyConstraint("departure_id", "resource_id", name=op.f("pk_departure_resources")),
    )
    op.execute("CREATE TYPE uuid_span AS RANGE (subtype = uuid)")
    op.execute(NEVER_TWICE)
    for statement in FOLLOW:
        op.execute(statement)
    op.add_column("departures", sa.Column("car_seats", sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_departures_seats_in_cars"), "departures", "capacity <= car_seats")
    op.create_table(
        "house_limits",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("visitors", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("visitors > 0", name=op.f("ck_house_limits_visitors_positive")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_house_limits_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_house_limits")),
    )
    op.create_table(
        "house_entries",
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["gate_scans.id"], name=op.f("fk_house_entries_scan_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_house_entries_site_id")),
        sa.PrimaryKeyConstraint("scan_id", "site_id", name=op.f("pk_house_entries")),
    )
    op.create_index(op.f("ix_house_entries_site_id"), "house_entries", ["site_id"])
    op.create_index("ix_departure_sights_site_id", "departure_sights", ["site_id"])


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM house_entries")):
        raise RuntimeError("who entered which pond-house would be lost; restore a backup instead")
    op.drop_index("ix_departure_sights_site_id", "departure_sights")
    op.drop_table("house_entries")
    op.drop_table("house_limits")
    op.drop_constraint(op.f("ck_departures_seats_in_cars"), "departures", type_="check")
    op.drop_column("departures", "car_seats")
    op.execute("DROP TRIGGER follow ON departures")
    op.execute("DROP FUNCTION follow_departures()")
    op.drop_table("departure_resources")
    op.execute("DROP TYPE uuid_span")
    op.drop_table("tour_resources")

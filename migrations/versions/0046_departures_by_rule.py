"""Let season rules make departures, days stay closed, and guests of a day called off choose

Revision: 0046
Follows: 0045
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
REASONS = "'weather', 'road', 'farm', 'too_few', 'other'"


def upgrade() -> None:
    op.add_column("tours", sa.Column("booking_lead_hours", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("tours", sa.Column("booking_until", sa.Time(), nullable=True))
    op.create_table(
        "season_rules",
        sa.Column("tour_id", sa.Uuid(), nullable=False),
        sa.Column("follows_id", sa.Uuid(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("rrule", sa.Text(), nullable=False),
        sa.Column("starts", postgresql.JSONB(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_season_rules_season_forward")),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_season_rules_capacity_positive")),
        sa.ForeignKeyConstraint(["tour_id"], ["tours.id"], name=op.f("fk_season_rules_tour_id")),
        sa.ForeignKeyConstraint(["follows_id"], ["season_rules.id"], name=op.f("fk_season_rules_follows_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_season_rules")),
        sa.UniqueConstraint("follows_id", name=op.f("uq_season_rules_follows_id")),
    )
    op.create_index(op.f("ix_season_rules_tour_id"), "season_rules", ["tour_id"])
    op.create_table(
        "blackout_days",
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["producer_id"], ["producers.id"], name=op.f("fk_blackout_days_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blackout_days")),
        sa.UniqueConstraint("producer_id", "closed_on", name=op.f("uq_blackout_days_producer_id_closed_on")),
    )
    op.add_column("departures", sa.Column("rule_id", sa.Uuid(), nullable=True))
    op.add_column("departures", sa.Column("slot_at", INSTANT, nullable=True))
    op.add_column("departures", sa.Column("dropped_at", INSTANT, nullable=True))
    op.add_column("departures", sa.Column("closed_for_id", sa.Uuid(), nullable=True))
    op.add_column("departures", sa.Column("cancel_reason", sa.String(length=40), nullable=True))
    op.add_column("departures", sa.Column("cancel_note", sa.Text(), server_default="", nullable=False))
    op.create_foreign_key(op.f("fk_departures_rule_id"), "departures", "season_rules", ["rule_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_departures_closed_for_id"),
        "departures",
        "blackout_days",
        ["closed_for_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_unique_constraint(op.f("uq_departures_rule_id_slot_at"), "departures", ["rule_id", "slot_at"])
    op.create_check_constraint(op.f("ck_departures_calloffreason"), "departures", f"cancel_reason IN ({REASONS})")
    op.create_table(
        "visit_choices",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("departure_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("answer IN ('moved', 'refunded', 'lapsed')", name=op.f("ck_visit_choices_choiceanswer")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_visit_choices_answered_whole")),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_visit_choices_booking_id")),
        sa.ForeignKeyConstraint(["departure_id"], ["departures.id"], name=op.f("fk_visit_choices_departure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_choices")),
        sa.UniqueConstraint("booking_id", "departure_id", name=op.f("uq_visit_choices_booking_id_departure_id")),
    )
    op.create_index(op.f("ix_visit_choices_departure_id"), "visit_choices", ["departure_id"])
    op.create_index("ix_visit_choices_due", "visit_choices", ["expires_at"], postgresql_where=sa.text("answer IS NULL"))


def downgrade() -> None:
    # A paid party on a day that was called off would keep a ticket for nothing, and nobody would owe it anything.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM visit_choices WHERE answer IS NULL")):
        raise RuntimeError("guests of a day called off have not chosen yet; wait until they did, or restore a backup")
    op.drop_table("visit_choices")
    op.drop_constraint(op.f("ck_departures_calloffreason"), "departures", type_="check")
    op.drop_constraint(op.f("uq_departures_rule_id_slot_at"), "departures", type_="unique")
    for column in ("cancel_note", "cancel_reason", "closed_for_id", "dropped_at", "slot_at", "rule_id"):
        op.drop_column("departures", column)
    op.drop_table("blackout_days")
    op.drop_table("season_rules")
    op.drop_column("tours", "booking_until")
    op.drop_column("tours", "booking_lead_hours")

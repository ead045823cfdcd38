"""Know the phones that write, and what was refused to them

Revision: 0009
Follows: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_reports",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("unsent", sa.BigInteger(), nullable=False),
        sa.Column("oldest_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("skew_s", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_phone_reports_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "device_id", name=op.f("pk_phone_reports")),
    )
    op.create_table(
        "refusals",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("captured_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("refused_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("resolved_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sender_id"], ["people.id"], name=op.f("fk_refusals_sender_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_refusals")),
    )
    op.create_index(op.f("ix_refusals_sender_id"), "refusals", ["sender_id"])


def downgrade() -> None:
    op.drop_table("refusals")
    op.drop_table("phone_reports")

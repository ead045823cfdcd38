"""Deepen the diary: more kinds of work, warnings, labels' limits and pack codes

Revision: 0011
Follows: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS = (
    "fertilise", "spray", "weed", "prune", "pick", "wither", "fix", "roll", "dry", "stock", "feed", "water", "treat",
    "grade", "mortality", "harvest", "process", "pack",
    "plant", "irrigate", "purchase", "clean", "waste", "train", "note",
)  # fmt: skip
LIMIT_UNITS = ("ml_per_litre", "g_per_litre", "ml_per_ha", "g_per_ha", "g_per_kg_feed", "ml_per_m3", "g_per_m3")


def upgrade() -> None:
    op.drop_constraint(op.f("ck_diary_entries_entrykind"), "diary_entries", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_check_constraint(op.f("ck_diary_entries_entrykind"), "diary_entries", f"kind IN ({listed})")
    op.add_column(
        "diary_entries",
        sa.Column(
            "warnings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
    )
    op.drop_index(op.f("ix_diary_photos_entry_id"), table_name="diary_photos")
    op.add_column("inputs", sa.Column("pack_code", sa.Text(), nullable=True))
    op.add_column("inputs", sa.Column("max_dose_tenths", sa.BigInteger(), nullable=True))
    op.add_column(
        "inputs",
        sa.Column(
            "max_dose_unit",
            sa.Enum(
                *LIMIT_UNITS,
                name=op.f("ck_inputs_limitunit"),
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
    )
    op.add_column("inputs", sa.Column("max_uses", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_inputs_dose_has_unit"), "inputs", "(max_dose_tenths IS NULL) = (max_dose_unit IS NULL)"
    )
    op.create_index(op.f("ix_inputs_pack_code"), "inputs", ["pack_code"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_inputs_pack_code"), table_name="inputs")
    op.drop_constraint(op.f("ck_inputs_dose_has_unit"), "inputs", type_="check")
    for column in ("max_uses", "max_dose_unit", "max_dose_tenths", "pack_code"):
        op.drop_column("inputs", column)
    op.create_index(op.f("ix_diary_photos_entry_id"), "diary_photos", ["entry_id"], unique=False)
    op.drop_column("diary_entries", "warnings")
    # The check of kinds stays wide: entries of the new kinds are never cut from the book.

"""Let an unpaid order be replaced by another: which basket edits it, which order took its place

Revision: 0043
Follows: 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

REASONS = "'expired', 'buyer', 'recalled', 'declined'"


def _check_reasons(reasons: str) -> None:
    op.drop_constraint(op.f("ck_orders_cancelreason"), "orders")
    op.create_check_constraint(op.f("ck_orders_cancelreason"), "orders", f"cancel_reason IN ({reasons})")


def upgrade() -> None:
    op.add_column("carts", sa.Column("edits_order_id", sa.Uuid(), nullable=True))
    op.add_column("orders", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_orders_replaces_id"), "orders", "orders", ["replaces_id"], ["id"])
    op.create_unique_constraint(op.f("uq_orders_replaces_id"), "orders", ["replaces_id"])
    _check_reasons(f"{REASONS}, 'replaced'")


def downgrade() -> None:
    # Their buyers gave them up for another order: that money waits for a human stays true.
    op.execute("UPDATE orders SET cancel_reason = 'buyer' WHERE cancel_reason = 'replaced'")
    _check_reasons(REASONS)
    op.drop_column("orders", "replaces_id")
    op.drop_column("carts", "edits_order_id")

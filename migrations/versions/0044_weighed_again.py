"""A weight that was typed wrong is put right: weighings in turns, refunds that give way; and whom to call about a parcel

Revision: 0044
Follows: 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
SET_OFF = "(base_minor < 0 AND vat_minor <= 0 AND pit_minor <= 0 AND source <> sale)"


def upgrade() -> None:
    op.add_column('weighed_pieces', sa.Column('turn', sa.BigInteger(), server_default='1', nullable=False))
    op.add_column('weighed_pieces', sa.Column('reason', sa.Text(), server_default='', nullable=False))
    op.drop_constraint(op.f('uq_weighed_pieces_order_line_id_position'), 'weighed_pieces', type_='unique')
    op.create_unique_constraint(op.f('uq_weighed_pieces_order_line_id_turn_position'), 'weighed_pieces', ['order_line_id', 'turn', 'position'])
    op.create_check_constraint(op.f('ck_weighed_pieces_again_with_reason'), 'weighed_pieces', "turn >= 1 AND (turn = 1) = (reason = '')")
    op.add_column('refunds', sa.Column('withdrawn_at', INSTANT, nullable=True))
    op.add_column('refunds', sa.Column('is_to_credit', sa.Boolean(), server_default='false', nullable=False))
    op.create_check_constraint(op.f('ck_refunds_paid_or_withdrawn'), 'refunds', "withdrawn_at IS NULL OR paid_at IS NULL")
    # What went back to store credit when it was opened was paid with it; a buyer who keeps a refund does so later.
    op.execute("UPDATE refunds SET is_to_credit = true WHERE credited_to_id IS NOT NULL AND paid_at = created_at")
    op.drop_constraint(op.f('ck_tax_entries_one_way'), 'tax_entries', type_='check')
    op.create_check_constraint(op.f('ck_tax_entries_one_way'), 'tax_entries', f"(base_minor > 0 AND vat_minor >= 0 AND pit_minor >= 0) OR {SET_OFF}")
    op.add_column('consignments', sa.Column('carrier_phone', sa.Text(), nullable=True))


def downgrade() -> None:
    # The older tables hold one weighing of a line, and owe every refund that nobody paid.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM weighed_pieces WHERE turn > 1")):
        raise RuntimeError("goods that were weighed again would lose one weighing or the other; restore a backup instead")
    op.execute("UPDATE consignments SET carrier = carrier || ', ' || carrier_phone WHERE carrier_phone IS NOT NULL")
    op.drop_column('consignments', 'carrier_phone')
    op.drop_constraint(op.f('ck_tax_entries_one_way'), 'tax_entries', type_='check')
    op.create_check_constraint(op.f('ck_tax_entries_one_way'), 'tax_entries', f"(base_minor > 0 AND vat_minor >= 0 AND pit_minor >= 0 AND source = sale) OR {SET_OFF}")
    op.drop_constraint(op.f('ck_refunds_paid_or_withdrawn'), 'refunds', type_='check')
    op.drop_column('refunds', 'is_to_credit')
    op.drop_column('refunds', 'withdrawn_at')
    op.drop_constraint(op.f('ck_weighed_pieces_again_with_reason'), 'weighed_pieces', type_='check')
    op.drop_constraint(op.f('uq_weighed_pieces_order_line_id_turn_position'), 'weighed_pieces', type_='unique')
    op.create_unique_constraint(op.f('uq_weighed_pieces_order_line_id_position'), 'weighed_pieces', ['order_line_id', 'position'])
    op.drop_column('weighed_pieces', 'reason')
    op.drop_column('weighed_pieces', 'turn')

"""Goods ordered by the piece and settled by the scale: the bounds of one piece, what each piece weighed, the final amount

Revision: 0030
Follows: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0030'
down_revision = "0029"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
BOUNDS = """
CASE WHEN sold_by = 'piece' AND priced_by = 'gram'
     THEN coalesce(0 < least_g AND least_g <= most_g AND most_g = net_weight_g, false)
     ELSE least_g IS NULL AND most_g IS NULL AND priced_by = sold_by END
"""
REASONS = "'returned', 'recalled', 'cancelled'"


def upgrade() -> None:
    op.add_column('variants', sa.Column('priced_by', sa.String(length=40), nullable=True))
    op.add_column('variants', sa.Column('least_g', sa.BigInteger(), nullable=True))
    op.add_column('variants', sa.Column('most_g', sa.BigInteger(), nullable=True))
    op.execute("UPDATE variants SET priced_by = sold_by")
    op.alter_column('variants', 'priced_by', nullable=False)
    op.create_check_constraint(op.f('ck_variants_pricedby'), 'variants', "priced_by IN ('piece', 'gram')")
    op.create_check_constraint(op.f('ck_variants_bounds'), 'variants', BOUNDS)
    op.add_column('order_lines', sa.Column('least_g', sa.BigInteger(), nullable=True))
    op.add_column('order_lines', sa.Column('most_g', sa.BigInteger(), nullable=True))
    op.add_column('order_lines', sa.Column('final_minor', sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f('ck_order_lines_bounds'), 'order_lines', "(least_g IS NULL) = (most_g IS NULL)")
    op.create_check_constraint(op.f('ck_order_lines_final_within_paid'), 'order_lines', "final_minor BETWEEN 0 AND amount_minor")
    op.create_table('weighed_pieces',
    sa.Column('order_line_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('weight_g', sa.BigInteger(), nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('weighed_by_id', sa.Uuid(), nullable=False),
    sa.Column('weighed_at', INSTANT, nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('weight_g > 0', name=op.f('ck_weighed_pieces_weight_positive')),
    sa.ForeignKeyConstraint(['lot_id'], ['lots.id'], name=op.f('fk_weighed_pieces_lot_id')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_lines.id'], name=op.f('fk_weighed_pieces_order_line_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_weighed_pieces_photo_id')),
    sa.ForeignKeyConstraint(['weighed_by_id'], ['people.id'], name=op.f('fk_weighed_pieces_weighed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_weighed_pieces')),
    sa.UniqueConstraint('order_line_id', 'position', name=op.f('uq_weighed_pieces_order_line_id_position'))
    )
    op.create_index(op.f('ix_weighed_pieces_lot_id'), 'weighed_pieces', ['lot_id'])
    op.create_index(op.f('ix_weighed_pieces_record_id'), 'weighed_pieces', ['record_id'])
    op.add_column('packed_items', sa.Column('weight_g', sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f('ck_packed_items_weight_positive'), 'packed_items', "weight_g > 0")
    op.drop_constraint(op.f('ck_refunds_refundreason'), 'refunds', type_='check')
    op.create_check_constraint(op.f('ck_refunds_refundreason'), 'refunds', f"reason IN ({REASONS}, 'weighed')")


def downgrade() -> None:
    # The older tables cannot say what the scale said: on the way up again the same money would be owed once more.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM variants WHERE sold_by <> priced_by")):
        raise RuntimeError("goods that are settled by the scale would be sold as pieces at the price of a kilo; restore a backup instead")
    op.drop_constraint(op.f('ck_refunds_refundreason'), 'refunds', type_='check')
    op.create_check_constraint(op.f('ck_refunds_refundreason'), 'refunds', f"reason IN ({REASONS})")
    op.drop_column('packed_items', 'weight_g')
    op.drop_table('weighed_pieces')
    for column in ('final_minor', 'most_g', 'least_g'):
        op.drop_column('order_lines', column)
    for column in ('most_g', 'least_g', 'priced_by'):
        op.drop_column('variants', column)

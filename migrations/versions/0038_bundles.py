"""Bundles: packs that are boxes of other packs, what lies in them, and which lines of an order lie in which boxes

Revision: 0038
Follows: 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
revision = '0038'
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('variants', sa.Column('is_bundle', sa.Boolean(), server_default='false', nullable=False))
    op.create_check_constraint(
        op.f('ck_variants_bundle_by_piece'),
        'variants',
        "NOT is_bundle OR (sold_by = 'piece' AND priced_by = 'piece' AND step = 1)",
    )
    op.create_table('bundle_contents',
    sa.Column('bundle_variant_id', sa.Uuid(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_bundle_contents_quantity_positive')),
    sa.CheckConstraint('bundle_variant_id <> variant_id', name=op.f('ck_bundle_contents_not_itself')),
    sa.ForeignKeyConstraint(['bundle_variant_id'], ['variants.id'], name=op.f('fk_bundle_contents_bundle_variant_id')),
    sa.ForeignKeyConstraint(['variant_id'], ['variants.id'], name=op.f('fk_bundle_contents_variant_id')),
    sa.PrimaryKeyConstraint('bundle_variant_id', 'variant_id', name=op.f('pk_bundle_contents'))
    )
    op.create_index(op.f('ix_bundle_contents_variant_id'), 'bundle_contents', ['variant_id'])
    op.add_column('order_lines', sa.Column('bundle_id', sa.Uuid(), nullable=True))
    op.add_column('order_lines', sa.Column('bundle_name', sa.Text(), nullable=True))
    op.add_column('order_lines', sa.Column('bundle_quantity', sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f('ck_order_lines_bundle_whole'),
        'order_lines',
        "num_nulls(bundle_id, bundle_name, bundle_quantity) IN (0, 3) AND bundle_quantity > 0",
    )


def downgrade() -> None:
    # The older tables know a box as a pack that never lies on a shelf, and nobody could say what was in it.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM bundle_contents")):
        raise RuntimeError("what lies in boxes would be forgotten; restore a backup instead")
    op.drop_column('order_lines', 'bundle_quantity')
    op.drop_column('order_lines', 'bundle_name')
    op.drop_column('order_lines', 'bundle_id')
    op.drop_table('bundle_contents')
    op.drop_column('variants', 'is_bundle')

"""Price lists with their steps and groups of buyers, the seasons of listings, and pre-orders on a coming harvest

Revision: 0035
Follows: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0035'
down_revision = "0034"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table('buyer_groups',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_buyer_groups_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_buyer_groups')),
    sa.UniqueConstraint('producer_id', 'name', name=op.f('uq_buyer_groups_producer_id_name'))
    )
    op.create_table('group_phones',
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['buyer_groups.id'], name=op.f('fk_group_phones_group_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_id', 'phone', name=op.f('pk_group_phones'))
    )
    op.create_index(op.f('ix_group_phones_phone'), 'group_phones', ['phone'])
    op.create_table('price_lists',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('group_id', sa.Uuid(), nullable=True),
    sa.Column('valid_from', INSTANT, nullable=False),
    sa.Column('valid_until', INSTANT, nullable=True),
    sa.Column('made_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('valid_from <= valid_until', name=op.f('ck_price_lists_window_in_order')),
    sa.ForeignKeyConstraint(['group_id'], ['buyer_groups.id'], name=op.f('fk_price_lists_group_id')),
    sa.ForeignKeyConstraint(['made_by_id'], ['people.id'], name=op.f('fk_price_lists_made_by_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_price_lists_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_price_lists'))
    )
    op.create_index(op.f('ix_price_lists_producer_id_created_at'), 'price_lists', ['producer_id', 'created_at'])
    op.create_table('price_steps',
    sa.Column('price_list_id', sa.Uuid(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('from_quantity', sa.BigInteger(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('from_quantity > 0', name=op.f('ck_price_steps_from_quantity_positive')),
    sa.CheckConstraint('price_minor > 0', name=op.f('ck_price_steps_price_positive')),
    sa.ForeignKeyConstraint(['price_list_id'], ['price_lists.id'], name=op.f('fk_price_steps_price_list_id')),
    sa.ForeignKeyConstraint(['variant_id'], ['variants.id'], name=op.f('fk_price_steps_variant_id')),
    sa.PrimaryKeyConstraint('price_list_id', 'variant_id', 'from_quantity', name=op.f('pk_price_steps'))
    )
    op.create_index(op.f('ix_price_steps_variant_id'), 'price_steps', ['variant_id'])
    op.create_table('preorder_offers',
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('cap', sa.BigInteger(), nullable=False),
    sa.Column('taken', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('expected_on', sa.Date(), nullable=False),
    sa.Column('ended_at', INSTANT, nullable=True),
    sa.Column('made_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('taken >= 0 AND taken <= cap', name=op.f('ck_preorder_offers_taken_within_cap')),
    sa.ForeignKeyConstraint(['made_by_id'], ['people.id'], name=op.f('fk_preorder_offers_made_by_id')),
    sa.ForeignKeyConstraint(['variant_id'], ['variants.id'], name=op.f('fk_preorder_offers_variant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_preorder_offers'))
    )
    op.create_index('uq_preorder_offers_open', 'preorder_offers', ['variant_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index(op.f('ix_preorder_offers_variant_id'), 'preorder_offers', ['variant_id'])
    op.create_table('preorders',
    sa.Column('line_id', sa.Uuid(), nullable=False),
    sa.Column('offer_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Enum('taken', 'paid', 'filled', 'released', name='preorderstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('expires_at', INSTANT, nullable=False),
    sa.Column('filled_at', INSTANT, nullable=True),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_preorders_quantity_positive')),
    sa.ForeignKeyConstraint(['offer_id'], ['preorder_offers.id'], name=op.f('fk_preorders_offer_id')),
    sa.PrimaryKeyConstraint('line_id', name=op.f('pk_preorders'))
    )
    op.create_index(op.f('ix_preorders_offer_id_state'), 'preorders', ['offer_id', 'state'])
    op.create_index(op.f('ix_preorders_order_id'), 'preorders', ['order_id'])
    op.add_column('order_lines', sa.Column('expected_on', sa.Date(), nullable=True))
    op.add_column('order_lines', sa.Column('price_list', sa.Text(), server_default='', nullable=False))
    op.add_column('listings', sa.Column('sold_from', sa.Date(), nullable=True))
    op.add_column('listings', sa.Column('sold_until', sa.Date(), nullable=True))
    op.create_check_constraint(op.f('ck_listings_season_in_order'), 'listings', "sold_from <= sold_until")


def downgrade() -> None:
    # A line's price list is told here alone: without it nobody could say why less than the listing's price was paid.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM order_lines WHERE price_list <> ''")):
        raise RuntimeError("the price lists of orders would be forgotten; restore a backup instead")
    # Whoever waits for a harvest holds nothing that the older tables know of.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM preorders WHERE state IN ('taken', 'paid')")):
        raise RuntimeError("pre-orders that wait for their harvest would be forgotten; restore a backup instead")
    op.drop_column('listings', 'sold_until')
    op.drop_column('listings', 'sold_from')
    op.drop_column('order_lines', 'price_list')
    op.drop_column('order_lines', 'expected_on')
    op.drop_table('preorders')
    op.drop_table('preorder_offers')
    op.drop_table('price_steps')
    op.drop_table('price_lists')
    op.drop_table('group_phones')
    op.drop_table('buyer_groups')

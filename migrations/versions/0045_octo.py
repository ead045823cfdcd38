"""Tour operators, what is sold on their account, and what they say of their bookings by OCTO

Revision: 0045
Follows: 0044
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
RESOLUTIONS = "'rest_arrived', 'accepted', 'returned', 'divided'"


def upgrade() -> None:
    _check(f"resolution IN ({RESOLUTIONS}, 'on_account')")
    op.create_table(
        'operators',
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('contact_name', sa.Text(), server_default='', nullable=False),
        sa.Column('phone', sa.Text(), nullable=True),
        sa.Column('discount_basis_points', sa.BigInteger(), server_default='0', nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('created_at', INSTANT, nullable=False),
        sa.CheckConstraint('0 <= discount_basis_points AND discount_basis_points < 10000', name=op.f('ck_operators_discount')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_operators')),
        sa.UniqueConstraint('name', name=op.f('uq_operators_name')),
    )
    op.create_table(
        'operator_sales',
        sa.Column('operator_id', sa.Uuid(), nullable=False),
        sa.Column('producer_id', sa.Uuid(), nullable=False),
        sa.Column('booking_id', sa.Uuid(), nullable=False),
        sa.Column('code', sa.Text(), nullable=False),
        sa.Column('amount_minor', sa.BigInteger(), nullable=False),
        sa.Column('reversed_at', INSTANT, nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('created_at', INSTANT, nullable=False),
        sa.CheckConstraint('amount_minor > 0', name=op.f('ck_operator_sales_amount_positive')),
        sa.ForeignKeyConstraint(['operator_id'], ['operators.id'], name=op.f('fk_operator_sales_operator_id')),
        sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_operator_sales_producer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_operator_sales')),
    )
    op.create_index(op.f('ix_operator_sales_operator_id'), 'operator_sales', ['operator_id'])
    op.create_index(op.f('ix_operator_sales_booking_id'), 'operator_sales', ['booking_id'], unique=True, postgresql_where=sa.text('reversed_at IS NULL'))
    op.add_column('bookings', sa.Column('operator_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_bookings_operator_id'), 'bookings', 'operators', ['operator_id'], ['id'])
    op.create_index(op.f('ix_bookings_operator_id'), 'bookings', ['operator_id'])
    op.create_table(
        'reseller_bookings',
        sa.Column('booking_id', sa.Uuid(), nullable=False),
        sa.Column('operator_id', sa.Uuid(), nullable=False),
        sa.Column('key_id', sa.Uuid(), nullable=False),
        sa.Column('reference', sa.Text(), nullable=True),
        sa.Column('notes', sa.Text(), nullable=True),
        sa.Column('contact', postgresql.JSONB(), nullable=False),
        sa.Column('cancel_reason', sa.Text(), nullable=True),
        sa.Column('changed_at', INSTANT, nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('created_at', INSTANT, nullable=False),
        sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_reseller_bookings_booking_id')),
        sa.ForeignKeyConstraint(['operator_id'], ['operators.id'], name=op.f('fk_reseller_bookings_operator_id')),
        sa.ForeignKeyConstraint(['key_id'], ['api_keys.id'], name=op.f('fk_reseller_bookings_key_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reseller_bookings')),
        sa.UniqueConstraint('booking_id', name=op.f('uq_reseller_bookings_booking_id')),
    )
    op.create_index(op.f('ix_reseller_bookings_operator_id_reference'), 'reseller_bookings', ['operator_id', 'reference'])
    op.create_table(
        'reseller_items',
        sa.Column('item_id', sa.Uuid(), nullable=False),
        sa.Column('uuid', sa.Uuid(), nullable=False),
        sa.Column('reference', sa.Text(), nullable=True),
        sa.Column('contact', postgresql.JSONB(), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('created_at', INSTANT, nullable=False),
        sa.ForeignKeyConstraint(['item_id'], ['unit_items.id'], name=op.f('fk_reseller_items_item_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reseller_items')),
        sa.UniqueConstraint('item_id', name=op.f('uq_reseller_items_item_id')),
    )

    op.create_table(
        'reseller_webhooks',
        sa.Column('operator_id', sa.Uuid(), nullable=False),
        sa.Column('key_id', sa.Uuid(), nullable=False),
        sa.Column('event', sa.Enum('booking_update', 'availability_update', name='webhookevent', native_enum=False, create_constraint=True, length=40), nullable=False),
        sa.Column('url', sa.Text(), nullable=False),
        sa.Column('is_retried', sa.Boolean(), nullable=False),
        sa.Column('is_in_contact_language', sa.Boolean(), nullable=False),
        sa.Column('headers', postgresql.JSONB(), nullable=False),
        sa.Column('capabilities', postgresql.JSONB(), nullable=False),
        sa.Column('failures', sa.BigInteger(), nullable=False),
        sa.Column('due_at', INSTANT, nullable=False),
        sa.Column('claim_id', sa.Uuid(), nullable=True),
        sa.Column('claimed_until', INSTANT, nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('created_at', INSTANT, nullable=False),
        sa.ForeignKeyConstraint(['operator_id'], ['operators.id'], name=op.f('fk_reseller_webhooks_operator_id')),
        sa.ForeignKeyConstraint(['key_id'], ['api_keys.id'], name=op.f('fk_reseller_webhooks_key_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reseller_webhooks')),
    )
    op.create_index(op.f('ix_reseller_webhooks_operator_id'), 'reseller_webhooks', ['operator_id'])
    op.create_index(op.f('ix_reseller_webhooks_due_at'), 'reseller_webhooks', ['due_at'])
    op.create_table(
        'reseller_tidings',
        sa.Column('webhook_id', sa.Uuid(), nullable=False),
        sa.Column('ref_id', sa.Uuid(), nullable=False),
        sa.Column('seen', sa.Text(), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('created_at', INSTANT, nullable=False),
        sa.ForeignKeyConstraint(['webhook_id'], ['reseller_webhooks.id'], name=op.f('fk_reseller_tidings_webhook_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reseller_tidings')),
        sa.UniqueConstraint('webhook_id', 'ref_id', name=op.f('uq_reseller_tidings_webhook_id_ref_id')),
    )


def downgrade() -> None:
    # The older tables know no account but the visitor's own.
    lost = "SELECT (SELECT count(*) FROM operator_sales) + (SELECT count(*) FROM receipts WHERE resolution = 'on_account')"
    if op.get_bind().scalar(sa.text(lost)):
        raise RuntimeError("what operators owe would be lost; restore a backup instead")
    _check(f"resolution IN ({RESOLUTIONS})")
    op.drop_table('reseller_tidings')
    op.drop_table('reseller_webhooks')
    op.drop_table('reseller_items')
    op.drop_table('reseller_bookings')
    op.drop_index(op.f('ix_bookings_operator_id'), table_name='bookings')
    op.drop_constraint(op.f('fk_bookings_operator_id'), 'bookings', type_='foreignkey')
    op.drop_column('bookings', 'operator_id')
    op.drop_table('operator_sales')
    op.drop_table('operators')


def _check(rule: str) -> None:
    op.drop_constraint(op.f('ck_receipts_resolution'), 'receipts', type_='check')
    op.create_check_constraint(op.f('ck_receipts_resolution'), 'receipts', rule)

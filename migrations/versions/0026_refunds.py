"""Keep refunds in a place of their own, which lines they paid back, and who was told of a recall; tell recalls as events

Revision: 0026
Follows: 0023

What was owed for parcels that came back and for visits that were cancelled moves into the new table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0026'
down_revision = "0025"
branch_labels = None
depends_on = None

FACTS = "'entry', 'slip', 'lot', 'labels', 'label_void', 'shipped', 'delivered'"
INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table('refunds',
    sa.Column('payable_kind', sa.Enum('order', 'booking', name='payablekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('payable_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('payee_name', sa.Text(), nullable=False),
    sa.Column('payee_phone', sa.Text(), nullable=False),
    sa.Column('reason', sa.Enum('returned', 'recalled', 'cancelled', name='refundreason', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('opened_by_id', sa.Uuid(), nullable=True),
    sa.Column('paid_at', INSTANT, nullable=True),
    sa.Column('paid_by_id', sa.Uuid(), nullable=True),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_refunds_amount_positive')),
    sa.ForeignKeyConstraint(['opened_by_id'], ['people.id'], name=op.f('fk_refunds_opened_by_id')),
    sa.ForeignKeyConstraint(['paid_by_id'], ['people.id'], name=op.f('fk_refunds_paid_by_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_refunds_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refunds')),
    sa.UniqueConstraint('source', name=op.f('uq_refunds_source'))
    )
    op.create_index(op.f('ix_refunds_payable_kind_payable_id'), 'refunds', ['payable_kind', 'payable_id'])
    op.create_index('ix_refunds_open', 'refunds', ['created_at'], postgresql_where=sa.text('paid_at IS NULL'))
    op.create_table('refunded_lines',
    sa.Column('order_line_id', sa.Uuid(), nullable=False),
    sa.Column('refund_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_lines.id'], name=op.f('fk_refunded_lines_order_line_id')),
    sa.ForeignKeyConstraint(['refund_id'], ['refunds.id'], name=op.f('fk_refunded_lines_refund_id')),
    sa.PrimaryKeyConstraint('order_line_id', name=op.f('pk_refunded_lines'))
    )
    op.create_index(op.f('ix_refunded_lines_refund_id'), 'refunded_lines', ['refund_id'])
    op.create_table('recall_messages',
    sa.Column('recall_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('sent_by_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_recall_messages_order_id')),
    sa.ForeignKeyConstraint(['recall_id'], ['recalls.id'], name=op.f('fk_recall_messages_recall_id')),
    sa.ForeignKeyConstraint(['sent_by_id'], ['people.id'], name=op.f('fk_recall_messages_sent_by_id')),
    sa.PrimaryKeyConstraint('recall_id', 'order_id', name=op.f('pk_recall_messages'))
    )
    op.create_index(op.f('ix_recall_messages_order_id'), 'recall_messages', ['order_id'])
    op.execute("""
        INSERT INTO refunds (id, payable_kind, payable_id, code, producer_id, payee_name, payee_phone, reason, source,
                             amount_minor, created_at, paid_at, paid_by_id, reference)
        SELECT gen_random_uuid(), 'order', o.id, o.code, c.producer_id, o.buyer_name, o.buyer_phone, 'returned',
               'order_line:' || (SELECT l.id FROM order_lines l WHERE l.consignment_id = c.id ORDER BY l.id LIMIT 1),
               c.goods_minor, c.returned_at, c.refunded_at, c.refunded_by_id, c.refund_reference
        FROM consignments c JOIN orders o ON o.id = c.order_id
        WHERE c.state = 'returned' AND c.goods_minor > 0
    """)
    op.execute("""
        INSERT INTO refunded_lines (order_line_id, refund_id)
        SELECT l.id, r.id FROM consignments c
        JOIN refunds r ON r.payable_kind = 'order' AND r.payable_id = c.order_id AND r.producer_id = c.producer_id
        JOIN order_lines l ON l.consignment_id = c.id
        WHERE c.state = 'returned'
    """)
    op.execute("""
        INSERT INTO refunds (id, payable_kind, payable_id, code, producer_id, payee_name, payee_phone, reason, source,
                             amount_minor, created_at)
        SELECT gen_random_uuid(), 'booking', b.id, b.code, t.producer_id, b.contact_name, b.contact_phone, 'cancelled',
               'booking:' || b.id, b.total_minor, coalesce(b.cancelled_at, b.created_at)
        FROM bookings b JOIN tours t ON t.id = b.tour_id
        WHERE b.state = 'cancelled' AND b.confirmed_at IS NOT NULL AND b.total_minor > 0
    """)
    op.drop_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue', type_='check')
    op.create_check_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue', f"fact IN ({FACTS}, 'recalled')")
    op.drop_constraint(op.f('ck_orders_cancelreason'), 'orders', type_='check')
    op.create_check_constraint(op.f('ck_orders_cancelreason'), 'orders', "cancel_reason IN ('expired', 'buyer', 'recalled')")
    for column in ('refunded_at', 'refunded_by_id', 'refund_reference'):
        op.drop_column('consignments', column)


def downgrade() -> None:
    # The older tables cannot say that this money is owed or went back: on the way up again it would be owed once more.
    lost = "SELECT count(*) FROM refunds WHERE reason = 'recalled' OR (reason = 'cancelled' AND paid_at IS NOT NULL)"
    if op.get_bind().scalar(sa.text(lost)):
        raise RuntimeError("refunds of recalled goods or of visits would be forgotten and paid again; restore a backup instead")
    op.execute("UPDATE orders SET cancel_reason = 'expired' WHERE cancel_reason = 'recalled'")
    op.drop_constraint(op.f('ck_orders_cancelreason'), 'orders', type_='check')
    op.create_check_constraint(op.f('ck_orders_cancelreason'), 'orders', "cancel_reason IN ('expired', 'buyer')")
    op.execute("DELETE FROM chronicle_queue WHERE fact = 'recalled'")
    op.drop_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue', type_='check')
    op.create_check_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue', f"fact IN ({FACTS})")
    op.add_column('consignments', sa.Column('refunded_at', INSTANT, nullable=True))
    op.add_column('consignments', sa.Column('refunded_by_id', sa.Uuid(), nullable=True))
    op.add_column('consignments', sa.Column('refund_reference', sa.Text(), nullable=True))
    op.create_foreign_key(op.f('fk_consignments_refunded_by_id'), 'consignments', 'people', ['refunded_by_id'], ['id'])
    op.execute("""
        UPDATE consignments c
        SET refunded_at = r.paid_at, refunded_by_id = r.paid_by_id, refund_reference = r.reference
        FROM refunds r
        WHERE r.reason = 'returned' AND r.payable_id = c.order_id AND r.producer_id = c.producer_id
    """)
    op.drop_table('recall_messages')
    op.drop_table('refunded_lines')
    op.drop_table('refunds')

"""Pay producers out in batches, and close days and months of the books

Revision: 0027
Follows: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0027'
down_revision = "0026"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table('payout_batches',
    sa.Column('opened_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['opened_by_id'], ['people.id'], name=op.f('fk_payout_batches_opened_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_batches'))
    )
    op.create_table('payouts',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('goods_minor', sa.BigInteger(), nullable=False),
    sa.Column('delivery_minor', sa.BigInteger(), nullable=False),
    sa.Column('bank_bin', sa.Text(), nullable=False),
    sa.Column('bank_account', sa.Text(), nullable=False),
    sa.Column('account_name', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('in_transit', 'settled', 'returned', name='payoutstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('settled_at', INSTANT, nullable=True),
    sa.Column('settled_by_id', sa.Uuid(), nullable=True),
    sa.Column('paid_from', sa.Text(), nullable=True),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('returned_at', INSTANT, nullable=True),
    sa.Column('returned_by_id', sa.Uuid(), nullable=True),
    sa.Column('return_reason', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_payouts_amount_positive')),
    sa.CheckConstraint('amount_minor = goods_minor + delivery_minor', name=op.f('ck_payouts_amount_is_sum')),
    sa.CheckConstraint("(state = 'in_transit') = (settled_at IS NULL AND returned_at IS NULL)", name=op.f('ck_payouts_dated')),
    sa.ForeignKeyConstraint(['batch_id'], ['payout_batches.id'], name=op.f('fk_payouts_batch_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_payouts_producer_id')),
    sa.ForeignKeyConstraint(['returned_by_id'], ['people.id'], name=op.f('fk_payouts_returned_by_id')),
    sa.ForeignKeyConstraint(['settled_by_id'], ['people.id'], name=op.f('fk_payouts_settled_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payouts')),
    sa.UniqueConstraint('code', name=op.f('uq_payouts_code'))
    )
    op.create_index(op.f('ix_payouts_batch_id'), 'payouts', ['batch_id'])
    op.create_index(op.f('ix_payouts_producer_id_created_at'), 'payouts', ['producer_id', 'created_at'])
    op.create_table('book_closes',
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('closed_by_id', sa.Uuid(), nullable=True),
    sa.Column('journal_count', sa.BigInteger(), nullable=False),
    sa.Column('sums', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('since <= until', name=op.f('ck_book_closes_in_order')),
    sa.ForeignKeyConstraint(['closed_by_id'], ['people.id'], name=op.f('fk_book_closes_closed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_book_closes'))
    )
    op.create_index(op.f('ix_book_closes_since_until'), 'book_closes', ['since', 'until'])
    op.execute(
        "CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON book_closes "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.create_index(op.f('ix_journals_occurred_at'), 'journals', ['occurred_at'])


def downgrade() -> None:
    # The books keep the journals of the payouts; without these rows nobody could settle or take back what is on its way.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM payouts WHERE state = 'in_transit'")):
        raise RuntimeError("money is on its way to producers and nobody could settle it; settle it first, or restore a backup")
    op.drop_index(op.f('ix_journals_occurred_at'), table_name='journals')
    op.drop_table('book_closes')
    op.drop_table('payouts')
    op.drop_table('payout_batches')

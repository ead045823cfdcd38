"""Make payments and books

Revision: 0007
Follows: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('journals',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('memo', sa.Text(), nullable=False),
    sa.Column('occurred_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journals')),
    sa.UniqueConstraint('kind', 'source', name=op.f('uq_journals_kind_source'))
    )
    op.create_table('payments',
    sa.Column('payable_kind', sa.Enum('order', 'booking', name='payablekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('payable_id', sa.Uuid(), nullable=False),
    sa.Column('payable_code', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('received_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('state', sa.Enum('created', 'pending', 'paid', 'expired', 'failed', 'underpaid', 'overpaid', 'paid_late', 'partially_refunded', 'refunded', name='paymentstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('paid_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_payments_amount_positive')),
    sa.CheckConstraint('received_minor >= 0', name=op.f('ck_payments_received_not_negative')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payments')),
    sa.UniqueConstraint('code', name=op.f('uq_payments_code')),
    sa.UniqueConstraint('token', name=op.f('uq_payments_token')),
    sa.UniqueConstraint('payable_kind', 'payable_id', name=op.f('uq_payments_payable_kind_payable_id'))
    )
    op.create_table('sandbox_objects',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sandbox_objects'))
    )
    op.create_table('card_attempts',
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=False),
    sa.Column('provider_id', sa.Text(), nullable=True),
    sa.Column('redirect_url', sa.Text(), nullable=True),
    sa.Column('state', sa.Enum('intended', 'open', 'paid', 'expired', 'failed', name='attemptstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_card_attempts_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_card_attempts')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_card_attempts_idempotency_key')),
    sa.UniqueConstraint('payment_id', 'number', name=op.f('uq_card_attempts_payment_id_number')),
    sa.UniqueConstraint('provider_id', name=op.f('uq_card_attempts_provider_id'))
    )
    op.create_table('journal_entries',
    sa.Column('journal_id', sa.Uuid(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('amount_minor <> 0', name=op.f('ck_journal_entries_not_zero')),
    sa.ForeignKeyConstraint(['journal_id'], ['journals.id'], name=op.f('fk_journal_entries_journal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_entries'))
    )
    op.create_index(op.f('ix_journal_entries_account_created_at'), 'journal_entries', ['account', 'created_at'], unique=False)
    op.create_index(op.f('ix_journal_entries_journal_id'), 'journal_entries', ['journal_id'], unique=False)
    op.create_table('receipts',
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=True),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('surplus_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('memo', sa.Text(), nullable=False),
    sa.Column('outcome', sa.Enum('matched', 'under', 'over', 'late', 'duplicate', 'unmatched', name='receiptoutcome', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('arrived_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('resolved_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('resolved_by_id', sa.Uuid(), nullable=True),
    sa.Column('resolution', sa.Enum('rest_arrived', 'accepted', 'returned', name='resolution', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('resolution_reference', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_receipts_amount_positive')),
    sa.CheckConstraint('surplus_minor BETWEEN 0 AND amount_minor', name=op.f('ck_receipts_surplus_within')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_receipts_payment_id')),
    sa.ForeignKeyConstraint(['resolved_by_id'], ['people.id'], name=op.f('fk_receipts_resolved_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipts')),
    sa.UniqueConstraint('provider', 'external_id', name=op.f('uq_receipts_provider_external_id'))
    )
    op.create_index(op.f('ix_receipts_outcome_resolved_at'), 'receipts', ['outcome', 'resolved_at'], unique=False)
    op.create_index(op.f('ix_receipts_payment_id'), 'receipts', ['payment_id'], unique=False)
    for table in ("journals", "journal_entries"):
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        """
        CREATE FUNCTION journal_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT COALESCE(SUM(amount_minor), 0) FROM journal_entries WHERE journal_id = NEW.journal_id) <> 0 THEN
                RAISE EXCEPTION 'journal % does not sum to zero', NEW.journal_id USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER sums_to_zero AFTER INSERT ON journal_entries "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_sums_to_zero()"
    )


def downgrade() -> None:
    op.drop_index(op.f('ix_receipts_payment_id'), table_name='receipts')
    op.drop_index(op.f('ix_receipts_outcome_resolved_at'), table_name='receipts')
    op.drop_table('receipts')
    op.drop_index(op.f('ix_journal_entries_journal_id'), table_name='journal_entries')
    op.drop_index(op.f('ix_journal_entries_account_created_at'), table_name='journal_entries')
    op.drop_table('journal_entries')
    op.drop_table('card_attempts')
    op.drop_table('sandbox_objects')
    op.drop_table('payments')
    op.drop_table('journals')
    op.execute("DROP FUNCTION journal_sums_to_zero")

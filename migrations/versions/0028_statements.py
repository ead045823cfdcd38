"""Know one movement of money by whoever tells of it: second reports, statements of the bank, the daily list

Revision: 0028
Follows: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0028'
down_revision = "0027"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column('receipts', sa.Column('reference', sa.Text(), server_default='', nullable=False))
    op.create_index(op.f('ix_receipts_account_amount_minor_arrived_at'), 'receipts', ['account', 'amount_minor', 'arrived_at'])
    # What SePay told is still in the inbox, its reference too.
    op.execute("""
        UPDATE receipts r SET reference = coalesce(m.payload->>'referenceCode', '')
        FROM inbox_messages m
        WHERE r.provider = 'sepay' AND m.source = r.provider AND m.external_id = r.external_id
    """)
    op.create_table('receipt_reports',
    sa.Column('receipt_id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipts.id'], name=op.f('fk_receipt_reports_receipt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_reports')),
    sa.UniqueConstraint('provider', 'external_id', name=op.f('uq_receipt_reports_provider_external_id')),
    sa.UniqueConstraint('receipt_id', 'provider', name=op.f('uq_receipt_reports_receipt_id_provider'))
    )
    op.create_table('statements',
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('uploaded_by_id', sa.Uuid(), nullable=False),
    sa.Column('row_count', sa.BigInteger(), nullable=False),
    sa.Column('repeat_count', sa.BigInteger(), nullable=False),
    sa.Column('problems', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['uploaded_by_id'], ['people.id'], name=op.f('fk_statements_uploaded_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statements'))
    )
    op.create_table('statement_lines',
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('line', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('memo', sa.Text(), nullable=False),
    sa.Column('happened_at', INSTANT, nullable=False),
    sa.Column('has_time', sa.Boolean(), nullable=False),
    sa.Column('outcome', sa.Enum('booked', 'known', 'outgoing', 'doubtful', name='lineoutcome', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('receipt_id', sa.Uuid(), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('amount_minor <> 0', name=op.f('ck_statement_lines_amount_moves')),
    sa.CheckConstraint("amount_minor < 0 OR outcome <> 'outgoing'", name=op.f('ck_statement_lines_outgoing_leaves')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['people.id'], name=op.f('fk_statement_lines_decided_by_id')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipts.id'], name=op.f('fk_statement_lines_receipt_id')),
    sa.ForeignKeyConstraint(['statement_id'], ['statements.id'], name=op.f('fk_statement_lines_statement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_lines')),
    sa.UniqueConstraint('hash', name=op.f('uq_statement_lines_hash'))
    )
    op.create_index(op.f('ix_statement_lines_receipt_id'), 'statement_lines', ['receipt_id'])
    op.create_index(op.f('ix_statement_lines_statement_id_line'), 'statement_lines', ['statement_id', 'line'])
    op.create_table('bank_pulls',
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('read_until', INSTANT, nullable=True),
    sa.Column('tried_at', INSTANT, nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('provider', name=op.f('pk_bank_pulls'))
    )


def downgrade() -> None:
    op.drop_table('bank_pulls')
    op.drop_table('statement_lines')
    op.drop_table('statements')
    op.drop_table('receipt_reports')
    op.drop_index(op.f('ix_receipts_account_amount_minor_arrived_at'), 'receipts')
    op.drop_column('receipts', 'reference')

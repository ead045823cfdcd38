"""Keep who printed, reprinted and voided labels, and let labels carry a PIN under a scratch field

Revision: 0020
Follows: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0020'
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('label_prints',
    sa.Column('sheet_id', sa.Uuid(), nullable=False),
    sa.Column('part', sa.BigInteger(), nullable=True),
    sa.Column('serial_id', sa.Uuid(), nullable=True),
    sa.Column('act', sa.Enum('print', 'reprint', 'void', name='printact', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('reason', sa.Enum('spoilt', 'lost', 'other', name='reason', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('num_nonnulls(part, serial_id) = 1', name=op.f('ck_label_prints_one_thing')),
    sa.CheckConstraint("(act = 'print') = (reason IS NULL)", name=op.f('ck_label_prints_reason_for_again')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_label_prints_person_id')),
    sa.ForeignKeyConstraint(['serial_id'], ['serials.id'], name=op.f('fk_label_prints_serial_id')),
    sa.ForeignKeyConstraint(['sheet_id'], ['label_sheets.id'], name=op.f('fk_label_prints_sheet_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_label_prints'))
    )
    op.create_index(op.f('ix_label_prints_sheet_id_created_at'), 'label_prints', ['sheet_id', 'created_at'], unique=False)
    op.create_index('uq_label_prints_first_of_part', 'label_prints', ['sheet_id', 'part'], unique=True, postgresql_where="act = 'print'")
    op.create_index('uq_label_prints_once_of_serial', 'label_prints', ['serial_id', 'act'], unique=True, postgresql_where="act <> 'reprint'")
    op.execute(
        "CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON label_prints "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.add_column('label_sheets', sa.Column('has_pin', sa.Boolean(), server_default='false', nullable=False))
    op.add_column('serials', sa.Column('pin_used_at', postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column('serials', sa.Column('pin_province_code', sa.Text(), nullable=True))
    op.create_foreign_key(op.f('fk_serials_pin_province_code'), 'serials', 'admin_units', ['pin_province_code'], ['code'])


def downgrade() -> None:
    op.drop_column('serials', 'pin_province_code')
    op.drop_column('serials', 'pin_used_at')
    op.drop_column('label_sheets', 'has_pin')
    op.drop_table('label_prints')

"""Let scans say in which province, and whether the code is one of ours

Revision: 0018
Follows: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
revision = '0018'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('scans', sa.Column('province_code', sa.Text(), nullable=True))
    op.add_column('scans', sa.Column('is_issued', sa.Boolean(), server_default='true', nullable=False))
    op.drop_index(op.f('ix_scans_gtin_lot_code_serial'), table_name='scans')
    op.create_index(
        op.f('ix_scans_gtin_serial_hour_at'), 'scans', ['gtin', 'serial', 'hour_at'], unique=False,
        postgresql_include=['province_code', 'device_class'],
        postgresql_where=sa.text("serial IS NOT NULL AND is_issued AND device_class <> 'robot'"),
    )
    op.create_index(
        op.f('ix_scans_gtin_hour_at'), 'scans', ['gtin', 'hour_at'], unique=False,
        postgresql_where=sa.text('NOT is_issued'),
    )


def downgrade() -> None:
    op.drop_index(op.f('ix_scans_gtin_hour_at'), table_name='scans', postgresql_where=sa.text('NOT is_issued'))
    op.drop_index(
        op.f('ix_scans_gtin_serial_hour_at'), table_name='scans',
        postgresql_include=['province_code', 'device_class'],
        postgresql_where=sa.text("serial IS NOT NULL AND is_issued AND device_class <> 'robot'"),
    )
    op.create_index(op.f('ix_scans_gtin_lot_code_serial'), 'scans', ['gtin', 'lot_code', 'serial'], unique=False)
    op.drop_column('scans', 'is_issued')
    op.drop_column('scans', 'province_code')

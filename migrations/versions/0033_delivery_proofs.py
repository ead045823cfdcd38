"""Proof of delivery: who took a parcel, and a photo of it in their hands

Revision: 0033
Follows: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0033'
down_revision = "0032"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table('delivery_proofs',
    sa.Column('consignment_id', sa.Uuid(), nullable=False),
    sa.Column('taken_by', sa.Text(), server_default='', nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('recorded_by_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint("taken_by <> '' OR photo_id IS NOT NULL", name=op.f('ck_delivery_proofs_says_something')),
    sa.ForeignKeyConstraint(['consignment_id'], ['consignments.id'], name=op.f('fk_delivery_proofs_consignment_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_delivery_proofs_photo_id')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['people.id'], name=op.f('fk_delivery_proofs_recorded_by_id')),
    sa.PrimaryKeyConstraint('consignment_id', name=op.f('pk_delivery_proofs'))
    )


def downgrade() -> None:
    op.drop_table('delivery_proofs')

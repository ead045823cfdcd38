"""Let orders be added to a parcel that has not left: which parcel they travel in, by which method it is priced

Revision: 0039
Follows: 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
revision = '0039'
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('carts', sa.Column('joins_order_id', sa.Uuid(), nullable=True))
    op.add_column('consignments', sa.Column('method_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_consignments_method_id'), 'consignments', 'delivery_methods', ['method_id'], ['id'])
    op.add_column('consignments', sa.Column('travels_with_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_consignments_travels_with_id'), 'consignments', 'consignments', ['travels_with_id'], ['id'])
    op.create_index(op.f('ix_consignments_travels_with_id'), 'consignments', ['travels_with_id'])
    op.add_column('consignments', sa.Column('is_fee_kept', sa.Boolean(), server_default='false', nullable=False))
    # Parcels copied the name of their method only: one that is offered still goes before one that is not.
    op.execute(
        "UPDATE consignments c SET method_id = (SELECT m.id FROM delivery_methods m WHERE m.producer_id = c.producer_id "
        "AND m.name = c.method_name ORDER BY m.is_active DESC, m.id DESC LIMIT 1) WHERE c.method_name <> ''"
    )


def downgrade() -> None:
    # Without these words goods that were paid to go along would be sent, and given back, as parcels of their own.
    lost = "SELECT count(*) FROM consignments WHERE travels_with_id IS NOT NULL AND state IN ('awaiting_payment', 'awaiting_confirmation', 'packing')"
    if op.get_bind().scalar(sa.text(lost)):
        raise RuntimeError("goods that travel in another order's parcel would be forgotten; send them first, or restore a backup")
    op.drop_column('consignments', 'is_fee_kept')
    op.drop_index(op.f('ix_consignments_travels_with_id'), 'consignments')
    op.drop_column('consignments', 'travels_with_id')
    op.drop_column('consignments', 'method_id')
    op.drop_column('carts', 'joins_order_id')

"""Let lots be made of lots, and tell of printed labels

Revision: 0025
Follows: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
revision = '0025'
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('lots', sa.Column('moved_g', sa.BigInteger(), server_default='0', nullable=False))
    op.drop_constraint(op.f('ck_lots_labels_within_lot'), 'lots')
    op.create_check_constraint(op.f('ck_lots_taken_within_lot'), 'lots', 'labelled_g >= 0 AND moved_g >= 0 AND labelled_g + moved_g <= quantity_g')
    op.add_column('lot_sources', sa.Column('from_lot_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_lot_sources_from_lot_id'), 'lot_sources', 'lots', ['from_lot_id'], ['id'])
    op.create_index(op.f('ix_lot_sources_from_lot_id'), 'lot_sources', ['from_lot_id'])
    op.drop_constraint(op.f('ck_lot_sources_one_source'), 'lot_sources')
    op.create_check_constraint(op.f('ck_lot_sources_one_source'), 'lot_sources', 'num_nonnulls(diary_entry_id, intake_slip_id, from_lot_id) = 1')
    op.add_column('serials', sa.Column('parcel_id', sa.Uuid(), nullable=True))
    op.create_index('ix_serials_parcel_id', 'serials', ['parcel_id'], postgresql_where=sa.text('parcel_id IS NOT NULL'))
    op.drop_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue')
    op.create_check_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue', "fact IN ('entry', 'slip', 'lot', 'labels', 'label_void', 'shipped', 'delivered')")
    # What was printed and made void before this is told, too.
    op.execute("INSERT INTO chronicle_queue (fact, record_id, noted_at) SELECT 'labels', id, created_at FROM label_sheets ORDER BY id")
    op.execute("""
        INSERT INTO chronicle_queue (fact, record_id, details, noted_at)
        SELECT 'label_void', serial_id, jsonb_build_object('voided_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')), created_at
        FROM label_prints WHERE act = 'void' ORDER BY id
    """)


def downgrade() -> None:
    # The older tables cannot say what went from lot to lot: it would be sold twice, and no spray would hold the parts.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM lot_sources WHERE from_lot_id IS NOT NULL")):
        raise RuntimeError("lots that were split or merged would lose where they came from; restore a backup instead")
    op.drop_index('ix_serials_parcel_id', table_name='serials')
    op.drop_column('serials', 'parcel_id')
    op.execute("DELETE FROM chronicle_queue WHERE fact IN ('labels', 'label_void')")
    op.drop_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue')
    op.create_check_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue', "fact IN ('entry', 'slip', 'lot', 'shipped', 'delivered')")
    op.drop_constraint(op.f('ck_lot_sources_one_source'), 'lot_sources')
    op.create_check_constraint(op.f('ck_lot_sources_one_source'), 'lot_sources', 'num_nonnulls(diary_entry_id, intake_slip_id) = 1')
    op.drop_index(op.f('ix_lot_sources_from_lot_id'), table_name='lot_sources')
    op.drop_column('lot_sources', 'from_lot_id')
    op.drop_constraint(op.f('ck_lots_taken_within_lot'), 'lots')
    op.create_check_constraint(op.f('ck_lots_labels_within_lot'), 'lots', 'labelled_g >= 0 AND labelled_g <= quantity_g')
    op.drop_column('lots', 'moved_g')

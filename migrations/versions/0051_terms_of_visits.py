"""On what terms a visit is paid and cancelled: steps of what comes back

Revision: 0051
Follows: 0049
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0051"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('tours', sa.Column('cancellation_steps', postgresql.JSONB(), server_default='[]', nullable=False))
    op.add_column('bookings', sa.Column('cancellation_steps', postgresql.JSONB(), server_default='[[0, 100]]', nullable=False))
    op.add_column('bookings', sa.Column('kept_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('operator_sales', sa.Column('kept_minor', sa.BigInteger(), server_default='0', nullable=False))
    # What was booked before had one step: the tour's own, as its page says it today.
    op.execute("""
        UPDATE bookings SET cancellation_steps = jsonb_build_array(jsonb_build_array(t.cancellation_cutoff_hours, 100))
        FROM tours AS t WHERE t.id = bookings.tour_id
    """)
    op.create_check_constraint(op.f('ck_bookings_kept_within'), 'bookings', '0 <= kept_minor AND kept_minor <= total_minor')
    op.create_check_constraint(op.f('ck_operator_sales_kept_within'), 'operator_sales', '0 <= kept_minor AND kept_minor <= amount_minor')


def downgrade() -> None:
    # The older tables give back everything or nothing.
    lost = "SELECT (SELECT count(*) FROM bookings WHERE kept_minor > 0) + (SELECT count(*) FROM operator_sales WHERE kept_minor > 0)"
    if op.get_bind().scalar(sa.text(lost)):
        raise RuntimeError("what was kept of cancelled visits would be lost; restore a backup instead")
    op.drop_constraint(op.f('ck_operator_sales_kept_within'), 'operator_sales', type_='check')
    op.drop_constraint(op.f('ck_bookings_kept_within'), 'bookings', type_='check')
    op.drop_column('operator_sales', 'kept_minor')
    op.drop_column('bookings', 'kept_minor')
    op.drop_column('bookings', 'cancellation_steps')
    op.drop_column('tours', 'cancellation_steps')

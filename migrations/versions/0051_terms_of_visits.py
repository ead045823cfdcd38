"""On what terms a visit is paid and cancelled: steps of what comes back, deposits, prices by season, groups

Revision: 0051
Follows: 0049
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
RULE = sa.Enum('cancel', 'gate', name='balancerule', native_enum=False, create_constraint=True, length=40)


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
    op.add_column('bookings', sa.Column('owed_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.create_check_constraint(op.f('ck_bookings_kept_within'), 'bookings', '0 <= kept_minor AND kept_minor + owed_minor <= total_minor')
    op.create_check_constraint(op.f('ck_bookings_owed_within'), 'bookings', '0 <= owed_minor AND owed_minor < total_minor')
    op.create_check_constraint(op.f('ck_operator_sales_kept_within'), 'operator_sales', '0 <= kept_minor AND kept_minor <= amount_minor')
    op.add_column('tours', sa.Column('deposit_percent', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('tours', sa.Column('balance_hours', sa.BigInteger(), server_default='72', nullable=False))
    op.add_column('tours', sa.Column('balance_rule', RULE, server_default='gate', nullable=False))
    op.create_table(
        'visit_deposits',
        sa.Column('booking_id', sa.Uuid(), nullable=False),
        sa.Column('rule', RULE, nullable=False),
        sa.Column('hours', sa.BigInteger(), nullable=False),
        sa.Column('deposit_minor', sa.BigInteger(), nullable=False),
        sa.Column('balance_minor', sa.BigInteger(), nullable=False),
        sa.Column('due_at', INSTANT, nullable=False),
        sa.Column('reminded_at', INSTANT, nullable=True),
        sa.Column('paid_at', INSTANT, nullable=True),
        sa.Column('settled_at', INSTANT, nullable=True),
        sa.Column('sold_minor', sa.BigInteger(), nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('created_at', INSTANT, nullable=False),
        sa.CheckConstraint('deposit_minor > 0 AND balance_minor > 0', name=op.f('ck_visit_deposits_parts_positive')),
        sa.CheckConstraint('(settled_at IS NULL) = (sold_minor IS NULL)', name=op.f('ck_visit_deposits_settled_whole')),
        sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_visit_deposits_booking_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_deposits')),
        sa.UniqueConstraint('booking_id', name=op.f('uq_visit_deposits_booking_id')),
    )
    op.create_index('ix_visit_deposits_due', 'visit_deposits', ['due_at'], postgresql_where=sa.text('settled_at IS NULL'))
    _kinds("'order', 'booking', 'balance'")
    op.create_table(
        'season_prices',
        sa.Column('option_id', sa.Uuid(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('from_on', sa.Date(), nullable=False),
        sa.Column('until_on', sa.Date(), nullable=False),
        sa.Column('weekdays', postgresql.JSONB(), server_default='[]', nullable=False),
        sa.Column('adult_minor', sa.BigInteger(), nullable=True),
        sa.Column('child_minor', sa.BigInteger(), nullable=True),
        sa.Column('family_minor', sa.BigInteger(), nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('created_at', INSTANT, nullable=False),
        sa.CheckConstraint('from_on <= until_on', name=op.f('ck_season_prices_prices_forward')),
        sa.CheckConstraint('least(adult_minor, child_minor, family_minor) > 0', name=op.f('ck_season_prices_prices_positive')),
        sa.ForeignKeyConstraint(['option_id'], ['tour_options.id'], name=op.f('fk_season_prices_option_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_season_prices')),
    )
    op.create_index(op.f('ix_season_prices_option_id'), 'season_prices', ['option_id'])
    op.add_column('bookings', sa.Column('group_name', sa.Text(), server_default='', nullable=False))
    op.create_table(
        'group_requests',
        sa.Column('token_hash', sa.LargeBinary(), nullable=False),
        sa.Column('departure_id', sa.Uuid(), nullable=False),
        sa.Column('state', sa.Enum('asked', 'offered', 'accepted', 'declined', 'withdrawn', name='groupstate', native_enum=False, create_constraint=True, length=40), nullable=False),
        sa.Column('group_name', sa.Text(), nullable=False),
        sa.Column('heads', sa.BigInteger(), nullable=False),
        sa.Column('contact_name', sa.Text(), nullable=False),
        sa.Column('contact_phone', sa.Text(), nullable=False),
        sa.Column('note', sa.Text(), server_default='', nullable=False),
        sa.Column('language', sa.Text(), server_default='vi', nullable=False),
        sa.Column('offer_minor', sa.BigInteger(), nullable=True),
        sa.Column('offer_deposit_percent', sa.BigInteger(), server_default='0', nullable=False),
        sa.Column('offer_note', sa.Text(), server_default='', nullable=False),
        sa.Column('offer_until', INSTANT, nullable=True),
        sa.Column('booking_id', sa.Uuid(), nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('created_at', INSTANT, nullable=False),
        sa.CheckConstraint('heads > 0', name=op.f('ck_group_requests_heads_positive')),
        sa.CheckConstraint('offer_minor > 0', name=op.f('ck_group_requests_offer_positive')),
        sa.CheckConstraint('(offer_minor IS NULL) = (offer_until IS NULL)', name=op.f('ck_group_requests_offered_whole')),
        sa.CheckConstraint("(state = 'accepted') = (booking_id IS NOT NULL)", name=op.f('ck_group_requests_accepted_with_a_booking')),
        sa.ForeignKeyConstraint(['departure_id'], ['departures.id'], name=op.f('fk_group_requests_departure_id')),
        sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_group_requests_booking_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_group_requests')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_group_requests_token_hash')),
        sa.UniqueConstraint('booking_id', name=op.f('uq_group_requests_booking_id')),
    )
    op.create_index(op.f('ix_group_requests_departure_id'), 'group_requests', ['departure_id'])


def downgrade() -> None:
    # The older tables give back everything or nothing, and know one payment of a booking, one price and no groups.
    facts = (
        'bookings WHERE kept_minor > 0 OR jsonb_array_length(cancellation_steps) > 1',
        'operator_sales WHERE kept_minor > 0',
        'visit_deposits',
        'season_prices',
        'group_requests',
    )
    for fact in facts:
        if op.get_bind().scalar(sa.text(f'SELECT count(*) FROM {fact}')):
            raise RuntimeError("terms that guests were promised would be lost; restore a backup instead")
    op.drop_table('group_requests')
    op.drop_column('bookings', 'group_name')
    op.drop_table('season_prices')
    _kinds("'order', 'booking'")
    op.drop_table('visit_deposits')
    op.drop_column('tours', 'balance_rule')
    op.drop_column('tours', 'balance_hours')
    op.drop_column('tours', 'deposit_percent')
    op.drop_constraint(op.f('ck_operator_sales_kept_within'), 'operator_sales', type_='check')
    op.drop_constraint(op.f('ck_bookings_owed_within'), 'bookings', type_='check')
    op.drop_constraint(op.f('ck_bookings_kept_within'), 'bookings', type_='check')
    op.drop_column('operator_sales', 'kept_minor')
    op.drop_column('bookings', 'owed_minor')
    op.drop_column('bookings', 'kept_minor')
    op.drop_column('bookings', 'cancellation_steps')
    op.drop_column('tours', 'cancellation_steps')


def _kinds(kinds: str) -> None:
    for table in ('payments', 'refunds'):
        op.drop_constraint(op.f(f'ck_{table}_payablekind'), table, type_='check')
        op.create_check_constraint(op.f(f'ck_{table}_payablekind'), table, f'payable_kind IN ({kinds})')

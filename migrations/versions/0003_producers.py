"""Make producers, farms, diaries, intake and listings

Revision: 0003
Follows: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('producers',
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('cooperative', 'household', 'company', name='producerkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('about', sa.Text(), server_default='', nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('commune_code', sa.Text(), nullable=False),
    sa.Column('address_line', sa.Text(), server_default='', nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('gs1_prefix', sa.Text(), nullable=False),
    sa.Column('next_item_number', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('payout_bank_bin', sa.Text(), nullable=True),
    sa.Column('payout_account', sa.Text(), nullable=True),
    sa.Column('payout_account_name', sa.Text(), nullable=True),
    sa.Column('verified_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('verified_by_id', sa.Uuid(), nullable=True),
    sa.Column('verification_method', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['commune_code'], ['admin_units.code'], name=op.f('fk_producers_commune_code')),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_producers_photo_id')),
    sa.ForeignKeyConstraint(['verified_by_id'], ['people.id'], name=op.f('fk_producers_verified_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_producers')),
    sa.UniqueConstraint('slug', name=op.f('uq_producers_slug'))
    )
    op.create_table('farms',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('commune_code', sa.Text(), nullable=False),
    sa.Column('hamlet', sa.Text(), nullable=False),
    sa.Column('latitude_e6', sa.BigInteger(), nullable=True),
    sa.Column('longitude_e6', sa.BigInteger(), nullable=True),
    sa.Column('altitude_m', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['commune_code'], ['admin_units.code'], name=op.f('fk_farms_commune_code')),
    sa.ForeignKeyConstraint(['owner_id'], ['people.id'], name=op.f('fk_farms_owner_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_farms_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_farms'))
    )
    op.create_index(op.f('ix_farms_owner_id'), 'farms', ['owner_id'], unique=False)
    op.create_index(op.f('ix_farms_producer_id'), 'farms', ['producer_id'], unique=False)
    op.create_table('inputs',
    sa.Column('producer_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.Enum('fertiliser', 'pesticide', 'feed', 'drug', name='inputkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('active_ingredient', sa.Text(), server_default='', nullable=False),
    sa.Column('registration', sa.Text(), server_default='', nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_inputs_photo_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_inputs_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inputs'))
    )
    op.create_index(op.f('ix_inputs_producer_id'), 'inputs', ['producer_id'], unique=False)
    op.create_table('listings',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), server_default='', nullable=False),
    sa.Column('crop', sa.Enum('tea', 'sturgeon', 'salmon', name='crop', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('state', sa.Enum('draft', 'published', 'paused', name='listingstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('storage', sa.Text(), server_default='', nullable=False),
    sa.Column('shelf_life_days', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('updated_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_listings_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_listings')),
    sa.UniqueConstraint('slug', name=op.f('uq_listings_slug'))
    )
    op.create_index(op.f('ix_listings_producer_id'), 'listings', ['producer_id'], unique=False)
    op.create_table('memberships',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('manager', 'member', 'packer', 'accountant', 'guide', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('ended_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_memberships_person_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_memberships_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_memberships')),
    sa.UniqueConstraint('person_id', 'producer_id', 'role', name=op.f('uq_memberships_person_id_producer_id_role'))
    )
    op.create_index(op.f('ix_memberships_producer_id'), 'memberships', ['producer_id'], unique=False)
    op.create_table('certificates',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('farm_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.Enum('vietgap', 'organic', 'ocop', 'food_safety', name='certificatekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('issuer', sa.Text(), nullable=False),
    sa.Column('stars', sa.BigInteger(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("(kind = 'ocop') = (stars IS NOT NULL)", name=op.f('ck_certificates_ocop_has_stars')),
    sa.CheckConstraint('stars BETWEEN 3 AND 5', name=op.f('ck_certificates_stars_3_to_5')),
    sa.CheckConstraint('valid_until >= valid_from', name=op.f('ck_certificates_ends_after_start')),
    sa.ForeignKeyConstraint(['farm_id'], ['farms.id'], name=op.f('fk_certificates_farm_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_certificates_photo_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_certificates_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificates'))
    )
    op.create_index(op.f('ix_certificates_producer_id'), 'certificates', ['producer_id'], unique=False)
    op.create_table('input_intervals',
    sa.Column('input_id', sa.Uuid(), nullable=False),
    sa.Column('crop', sa.Enum('tea', 'sturgeon', 'salmon', name='crop', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('days', sa.BigInteger(), nullable=True),
    sa.Column('degree_days', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('num_nonnulls(days, degree_days) = 1', name=op.f('ck_input_intervals_days_or_degree_days')),
    sa.ForeignKeyConstraint(['input_id'], ['inputs.id'], name=op.f('fk_input_intervals_input_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_input_intervals')),
    sa.UniqueConstraint('input_id', 'crop', name=op.f('uq_input_intervals_input_id_crop'))
    )
    op.create_table('listing_photos',
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['listing_id'], ['listings.id'], name=op.f('fk_listing_photos_listing_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_listing_photos_photo_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_photos')),
    sa.UniqueConstraint('listing_id', 'photo_id', name=op.f('uq_listing_photos_listing_id_photo_id'))
    )
    op.create_table('sites',
    sa.Column('farm_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('plot', 'pond', 'tank', 'raceway', 'cage', name='sitekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('crop', sa.Enum('tea', 'sturgeon', 'salmon', name='crop', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('variety', sa.Text(), server_default='', nullable=False),
    sa.Column('area_m2', sa.BigInteger(), nullable=True),
    sa.Column('volume_m3', sa.BigInteger(), nullable=True),
    sa.Column('planted_year', sa.BigInteger(), nullable=True),
    sa.Column('planting_area_code', sa.Text(), nullable=True),
    sa.Column('outline', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("(kind <> 'plot') = (volume_m3 IS NOT NULL)", name=op.f('ck_sites_waters_have_volume')),
    sa.CheckConstraint("(kind = 'plot') = (area_m2 IS NOT NULL)", name=op.f('ck_sites_plots_have_area')),
    sa.ForeignKeyConstraint(['farm_id'], ['farms.id'], name=op.f('fk_sites_farm_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sites'))
    )
    op.create_index(op.f('ix_sites_farm_id'), 'sites', ['farm_id'], unique=False)
    op.create_table('variants',
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('gtin', sa.Text(), nullable=False),
    sa.Column('sold_by', sa.Enum('piece', 'gram', name='soldby', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('step', sa.BigInteger(), nullable=False),
    sa.Column('net_weight_g', sa.BigInteger(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('net_weight_g > 0', name=op.f('ck_variants_weight_positive')),
    sa.CheckConstraint('price_minor > 0', name=op.f('ck_variants_price_positive')),
    sa.CheckConstraint('step > 0', name=op.f('ck_variants_step_positive')),
    sa.ForeignKeyConstraint(['listing_id'], ['listings.id'], name=op.f('fk_variants_listing_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_variants')),
    sa.UniqueConstraint('gtin', name=op.f('uq_variants_gtin'))
    )
    op.create_index(op.f('ix_variants_listing_id'), 'variants', ['listing_id'], unique=False)
    op.create_table('diary_entries',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('fertilise', 'spray', 'weed', 'prune', 'pick', 'wither', 'fix', 'roll', 'dry', 'stock', 'feed', 'water', 'treat', 'grade', 'mortality', 'harvest', 'process', 'pack', name='entrykind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('helper_id', sa.Uuid(), nullable=True),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('sequence', sa.BigInteger(), nullable=True),
    sa.Column('performed_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('recorded_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('received_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('input_id', sa.Uuid(), nullable=True),
    sa.Column('quantity_g', sa.BigInteger(), nullable=True),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('corrects_id', sa.Uuid(), nullable=True),
    sa.Column('is_void', sa.Boolean(), server_default='false', nullable=False),
    sa.CheckConstraint('corrects_id <> id', name=op.f('ck_diary_entries_corrects_another')),
    sa.ForeignKeyConstraint(['corrects_id'], ['diary_entries.id'], name=op.f('fk_diary_entries_corrects_id')),
    sa.ForeignKeyConstraint(['helper_id'], ['people.id'], name=op.f('fk_diary_entries_helper_id')),
    sa.ForeignKeyConstraint(['input_id'], ['inputs.id'], name=op.f('fk_diary_entries_input_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_diary_entries_person_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_diary_entries_producer_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_diary_entries_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_diary_entries')),
    sa.UniqueConstraint('corrects_id', name=op.f('uq_diary_entries_corrects_id'))
    )
    op.create_index(op.f('ix_diary_entries_producer_id_performed_at'), 'diary_entries', ['producer_id', 'performed_at'], unique=False)
    op.create_index(op.f('ix_diary_entries_site_id_performed_at'), 'diary_entries', ['site_id', 'performed_at'], unique=False)
    op.create_table('intake_slips',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('farm_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('recorded_by_id', sa.Uuid(), nullable=False),
    sa.Column('weight_g', sa.BigInteger(), nullable=False),
    sa.Column('grade', sa.Enum('bud', 'one_leaf', 'two_leaves', 'fish', name='grade', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('price_per_kg_minor', sa.BigInteger(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('place', sa.Text(), server_default='', nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('weighed_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('recorded_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('received_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('corrects_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('amount_minor >= 0', name=op.f('ck_intake_slips_amount_not_negative')),
    sa.CheckConstraint('price_per_kg_minor > 0', name=op.f('ck_intake_slips_price_positive')),
    sa.CheckConstraint('weight_g > 0', name=op.f('ck_intake_slips_weight_positive')),
    sa.ForeignKeyConstraint(['corrects_id'], ['intake_slips.id'], name=op.f('fk_intake_slips_corrects_id')),
    sa.ForeignKeyConstraint(['farm_id'], ['farms.id'], name=op.f('fk_intake_slips_farm_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_intake_slips_photo_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_intake_slips_producer_id')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['people.id'], name=op.f('fk_intake_slips_recorded_by_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_intake_slips_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_intake_slips')),
    sa.UniqueConstraint('corrects_id', name=op.f('uq_intake_slips_corrects_id'))
    )
    op.create_index(op.f('ix_intake_slips_farm_id'), 'intake_slips', ['farm_id'], unique=False)
    op.create_index(op.f('ix_intake_slips_producer_id_weighed_at'), 'intake_slips', ['producer_id', 'weighed_at'], unique=False)
    op.create_table('diary_photos',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=False),
    sa.Column('received_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['diary_entries.id'], name=op.f('fk_diary_photos_entry_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_diary_photos_photo_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_diary_photos'))
    )
    op.create_index(op.f('ix_diary_photos_entry_id'), 'diary_photos', ['entry_id'], unique=False)
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is insert-only: correct it with a later row', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in ("diary_entries", "intake_slips"):
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_index(op.f('ix_diary_photos_entry_id'), table_name='diary_photos')
    op.drop_table('diary_photos')
    op.drop_index(op.f('ix_intake_slips_producer_id_weighed_at'), table_name='intake_slips')
    op.drop_index(op.f('ix_intake_slips_farm_id'), table_name='intake_slips')
    op.drop_table('intake_slips')
    op.drop_index(op.f('ix_diary_entries_site_id_performed_at'), table_name='diary_entries')
    op.drop_index(op.f('ix_diary_entries_producer_id_performed_at'), table_name='diary_entries')
    op.drop_table('diary_entries')
    op.drop_index(op.f('ix_variants_listing_id'), table_name='variants')
    op.drop_table('variants')
    op.drop_index(op.f('ix_sites_farm_id'), table_name='sites')
    op.drop_table('sites')
    op.drop_table('listing_photos')
    op.drop_table('input_intervals')
    op.drop_index(op.f('ix_certificates_producer_id'), table_name='certificates')
    op.drop_table('certificates')
    op.drop_index(op.f('ix_memberships_producer_id'), table_name='memberships')
    op.drop_table('memberships')
    op.drop_index(op.f('ix_listings_producer_id'), table_name='listings')
    op.drop_table('listings')
    op.drop_index(op.f('ix_inputs_producer_id'), table_name='inputs')
    op.drop_table('inputs')
    op.drop_index(op.f('ix_farms_producer_id'), table_name='farms')
    op.drop_index(op.f('ix_farms_owner_id'), table_name='farms')
    op.drop_table('farms')
    op.drop_table('producers')
    op.execute("DROP FUNCTION refuse_change")

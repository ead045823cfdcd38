"""The producers' smallest valid objects."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.core.ids import uuid7
from app.media.models import Photo
from producers.certificates.models import Certificate, CertificateKind
from producers.cooperatives.models import Membership, Producer, ProducerKind, Role
from producers.diaries.models import DiaryEntry, EntryKind
from producers.farms.models import Crop, Farm, Site, SiteKind
from producers.inputs.models import Input, InputInterval, InputKind
from producers.intake.models import Grade, IntakeSlip
from tests.factories.people import new_phone

T = TypeVar("T")
NOW = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)
COMMUNE = "05503"  # Xã Tân Cương, Tỉnh Thái Nguyên


async def _add(session: AsyncSession, row: T) -> T:
    session.add(row)
    await session.flush()
    return row


async def make_person(session: AsyncSession, **overrides: object) -> Person:
    """Somebody with a phone of their own."""
    values: dict[str, object] = {
        "name": "Nguyễn Thị Mận",
        "phone": new_phone(),
        "created_at": NOW,
    }
    return await _add(session, Person(**values | overrides))


async def make_producer(session: AsyncSession, **overrides: object) -> Producer:
    """A cooperative."""
    number = uuid7().int % 10**6
    values: dict[str, object] = {
        "slug": f"htx-{uuid7().hex[-12:]}",
        "name": "HTX Chè Tân Cương",
        "kind": ProducerKind.COOPERATIVE,
        "phone": "+84912345678",
        "commune_code": COMMUNE,
        "gs1_prefix": f"952{number:06}",
        "created_at": NOW,
    }
    return await _add(session, Producer(**values | overrides))


async def make_membership(session: AsyncSession, **overrides: object) -> Membership:
    """A manager of a producer; both are made unless given."""
    values: dict[str, object] = {"role": Role.MANAGER, "created_at": NOW} | overrides
    if "person_id" not in values:
        values["person_id"] = (await make_person(session)).id
    if "producer_id" not in values:
        values["producer_id"] = (await make_producer(session)).id
    return await _add(session, Membership(**values))


async def make_farm(session: AsyncSession, **overrides: object) -> Farm:
    """A farm of a new producer unless `producer_id` is given."""
    values: dict[str, object] = {
        "name": "Vườn bà Mận",
        "commune_code": COMMUNE,
        "hamlet": "Xóm Hồng Thái",
        "created_at": NOW,
    } | overrides
    if "producer_id" not in values:
        values["producer_id"] = (await make_producer(session)).id
    return await _add(session, Farm(**values))


async def make_site(session: AsyncSession, **overrides: object) -> Site:
    """A tea plot (or, with another crop, a raceway) of a new farm unless `farm_id` is given."""
    is_tea = overrides.get("crop", Crop.TEA) is Crop.TEA
    values: dict[str, object] = {
        "name": "Đồi sau nhà" if is_tea else "Mương 1",
        "kind": SiteKind.PLOT if is_tea else SiteKind.RACEWAY,
        "crop": Crop.TEA,
        "area_m2": 2_000 if is_tea else None,
        "volume_m3": None if is_tea else 120,
        "created_at": NOW,
    } | overrides
    if "farm_id" not in values:
        values["farm_id"] = (await make_farm(session)).id
    return await _add(session, Site(**values))


async def make_certificate(session: AsyncSession, **overrides: object) -> Certificate:
    """An OCOP certificate of four stars, of a new producer unless `producer_id` is given."""
    values: dict[str, object] = {
        "kind": CertificateKind.OCOP,
        "number": "15/QĐ-UBND",
        "issuer": "UBND tỉnh Thái Nguyên",
        "stars": 4,
        "valid_from": date(2025, 1, 1),
        "valid_until": date(2027, 12, 31),
        "created_at": NOW,
    } | overrides
    if "producer_id" not in values:
        values["producer_id"] = (await make_producer(session)).id
    return await _add(session, Certificate(**values))


async def make_input(session: AsyncSession, **overrides: object) -> Input:
    """A pesticide known to the whole house, without an interval."""
    values: dict[str, object] = {
        "producer_id": None,
        "kind": InputKind.PESTICIDE,
        "name": "Abamectin 1.8EC",
        "created_at": NOW,
    }
    return await _add(session, Input(**values | overrides))


async def make_interval(session: AsyncSession, **overrides: object) -> InputInterval:
    """Seven days for tea, of a new input unless `input_id` is given."""
    values: dict[str, object] = {"crop": Crop.TEA, "created_at": NOW} | overrides
    if "days" not in values and "degree_days" not in values:
        values["days"] = 7
    if "input_id" not in values:
        values["input_id"] = (await make_input(session)).id
    return await _add(session, InputInterval(**values))


async def make_entry(session: AsyncSession, **overrides: object) -> DiaryEntry:
    """Twelve kilos of leaf picked on a new tea plot by its writer, unless `site_id` and `person_id` are given."""
    values: dict[str, object] = {
        "id": uuid7(),
        "kind": EntryKind.PICK,
        "performed_at": NOW,
        "recorded_at": NOW,
        "received_at": NOW,
        "quantity_g": 12_000,
        "details": {"standard": "one_leaf"},
    } | overrides
    if "site_id" not in values:
        values["site_id"] = (await make_site(session)).id
    if "producer_id" not in values:
        site = await session.get_one(Site, values["site_id"])
        values["producer_id"] = (await session.get_one(Farm, site.farm_id)).producer_id
    if "person_id" not in values:
        values["person_id"] = (await make_person(session)).id
    return await _add(session, DiaryEntry(**values))


async def make_slip(session: AsyncSession, **overrides: object) -> IntakeSlip:
    """Ten kilos of leaf at 35,000 đồng, of a new tea plot unless `site_id` is given."""
    values: dict[str, object] = {
        "id": uuid7(),
        "weight_g": 10_000,
        "grade": Grade.ONE_LEAF,
        "price_per_kg_minor": 35_000,
        "amount_minor": 350_000,
        "weighed_at": NOW,
        "recorded_at": NOW,
        "received_at": NOW,
    } | overrides
    if "site_id" not in values:
        values["site_id"] = (await make_site(session)).id
    site = await session.get_one(Site, values["site_id"])
    values.setdefault("farm_id", site.farm_id)
    values.setdefault("producer_id", (await session.get_one(Farm, site.farm_id)).producer_id)
    if "recorded_by_id" not in values:
        values["recorded_by_id"] = (await make_person(session)).id
    return await _add(session, IntakeSlip(**values))


async def make_photo(session: AsyncSession, **overrides: object) -> Photo:
    """A public picture (its row alone)."""
    values: dict[str, object] = {
        "sha256": uuid7().bytes,
        "width": 1280,
        "height": 960,
        "byte_count": 120_000,
        "thumbnail": b"RIFF",
        "is_public": True,
        "created_at": NOW,
    }
    return await _add(session, Photo(**values | overrides))

"""The demo's first scene: two producers, their members, plots and raceways, and a season of diaries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.accounts import service as accounts
from app.accounts.models import StaffRole
from app.core.ids import uuid7
from app.demo import cast
from producers.certificates import service as certificates
from producers.certificates.models import CertificateKind
from producers.certificates.schemas import NewCertificate
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import ProducerKind, Role
from producers.cooperatives.schemas import NewProducer, ProducerSettings
from producers.diaries import choices
from producers.diaries import schemas as work
from producers.diaries import service as diaries
from producers.farms import service as farms
from producers.farms.models import Crop, SiteKind
from producers.farms.schemas import NewFarm, NewSite
from producers.inputs import service as inputs
from producers.inputs.models import InputKind
from producers.inputs.schemas import NewInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from app.demo.stage import Stage
    from producers.farms.models import Site

SEASON_DAYS = 150

INPUTS = (
    ("compost", InputKind.FERTILISER, "Phân hữu cơ vi sinh Sông Gianh", "Hữu cơ 15 %", "", None, None, None),
    ("npk", InputKind.FERTILISER, "NPK 16-8-8 chuyên chè", "N 16 %, P 8 %, K 8 %", "", None, None, None),
    ("neem", InputKind.PESTICIDE, "Thảo mộc Neem 0.3EC", "Azadirachtin", "VN-DEMO-0311", Crop.TEA, 3, None),
    ("aba", InputKind.PESTICIDE, "Sinh học Aba 1.8EC", "Abamectin", "VN-DEMO-0188", Crop.TEA, 7, None),
    ("bt", InputKind.PESTICIDE, "Bacillus BT 16000", "Bacillus thuringiensis", "VN-DEMO-1600", Crop.TEA, 5, None),
    ("pellet", InputKind.FEED, "Cám nổi cá nước lạnh 46 % đạm", "Đạm 46 %, béo 16 %", "", None, None, None),
    ("oxy", InputKind.DRUG, "Oxytetracycline 50 % trộn thức ăn", "Oxytetracycline", "VN-DEMO-0500", Crop.STURGEON, None, 400),
)  # fmt: skip


async def play(stage: Stage) -> None:
    """Make the producers and everything that grows."""
    admin = await stage.person("Quản trị Chợ Phiên", cast.ADMIN)
    await accounts.add_staff(stage.session, person_id=admin, role=StaffRole.ADMIN, now=stage.now)
    await _enrol_tea(stage)
    await _enrol_fish(stage)
    for producer in stage.producers.values():
        await cooperatives.verify_producer(
            stage.session,
            producer_id=producer.id,
            method="Xem giấy đăng ký kinh doanh tại nhà (mẫu)",
            person_id=admin,
            now=stage.now,
        )
    for key, kind, name, active, registration, crop, days, degree_days in INPUTS:
        made = await inputs.create_input(
            stage.session,
            producer_id=None,
            product=NewInput(
                kind=kind, name=name, active_ingredient=active, registration=registration, crop=crop, days=days,
                degree_days=degree_days,
            ),
            photo_id=await stage.photo("spray-label") if kind is InputKind.PESTICIDE else None,
            now=stage.at(SEASON_DAYS + 10, 8),
        )  # fmt: skip
        stage.inputs[key] = made.id
    await _grow_tea(stage)
    await _grow_fish(stage)


async def _enrol_tea(stage: Stage) -> None:
    session, start = stage.session, stage.at(SEASON_DAYS + 40, 8)
    tea = await cooperatives.create_producer(
        session,
        producer=NewProducer(
            name="HTX Chè Đồi Mây", kind=ProducerKind.COOPERATIVE, phone="0912000101", commune_code=cast.TAN_CUONG,
            address_line="xóm Hồng Thái", gs1_prefix=cast.TEA_PREFIX,
            about=(
                "Tám hộ trồng chè ở Tân Cương và La Bằng, cùng hái tay, cùng một xưởng sao. "
                "Chè trung du lá nhỏ trồng từ thời ông bà, sao bằng củi, để nguội rồi mới đóng hộp. "
                "Mỗi hộp chè quét mã là biết hái ở nương nào, ngày nào, nhà ai."
            ),
        ),
        photo_id=await stage.photo("cooperative"),
        now=start,
    )  # fmt: skip
    await cooperatives.update_producer(
        session,
        producer_id=tea.id,
        fields=ProducerSettings(
            name=tea.name, phone=tea.phone, commune_code=tea.commune_code, about=tea.about, address_line=tea.address_line,
            payout_bank_bin="970405", payout_account="8505205123456", payout_account_name="HTX CHE DOI MAY",
            tax_code="4600000101",
        ),
    )  # fmt: skip
    stage.producers["tea"] = tea
    for number, home in enumerate(cast.HOUSEHOLDS):
        person = await stage.person(home.name, home.phone)
        roles = (Role.MANAGER, Role.MEMBER) if number == 0 else (Role.MEMBER,)
        for role in (
            *roles,
            *((Role.PACKER,) if number == 2 else ()),
            *((Role.GUIDE,) if number == 4 else ()),
        ):
            await cooperatives.add_member(session, producer_id=tea.id, person_id=person, role=role, now=start)
        farm = await farms.create_farm(
            session,
            producer_id=tea.id,
            farm=NewFarm(
                name=f"Vườn nhà {home.name.split()[-1]}", commune_code=home.commune_code, hamlet=home.hamlet,
                owner_id=person, latitude_e6=home.latitude_e6, longitude_e6=home.longitude_e6,
                altitude_m=home.altitude_m,
            ),
            now=start,
        )  # fmt: skip
        stage.farms[home.phone] = farm
        for plot in home.plots:
            stage.sites[f"{home.phone}/{plot.name}"] = await farms.create_site(
                session,
                farm_id=farm.id,
                site=NewSite(
                    name=plot.name, kind=SiteKind.PLOT, crop=Crop.TEA, variety=plot.variety, area_m2=plot.area_m2,
                    planted_year=plot.planted_year, planting_area_code="VN-TNOR-0952",
                ),
                now=start,
            )  # fmt: skip
    helper = await stage.person("Ma Thị Thu", cast.HELPER)
    await cooperatives.add_member(
        session, producer_id=tea.id, person_id=helper, role=Role.ACCOUNTANT, now=start
    )
    for kind, number_, issuer, stars, months in (
        (
            CertificateKind.VIETGAP,
            "VietGAP-TT-12-24-19-0952",
            "Trung tâm chứng nhận Nông nghiệp sạch (mẫu)",
            None,
            30,
        ),
        (CertificateKind.OCOP, "952/QĐ-OCOP", "Hội đồng OCOP tỉnh Thái Nguyên (mẫu)", 4, 36),
    ):
        await certificates.create_certificate(
            session,
            producer_id=tea.id,
            certificate=NewCertificate(
                kind=kind, number=number_, issuer=issuer, stars=stars,
                valid_from=stage.day - timedelta(days=400), valid_until=stage.day + timedelta(days=30 * months - 400),
            ),
            now=start,
        )  # fmt: skip


async def _enrol_fish(stage: Stage) -> None:
    session, start = stage.session, stage.at(SEASON_DAYS + 40, 8)
    fish = await cooperatives.create_producer(
        session,
        producer=NewProducer(
            name="Trại cá Suối Lạnh", kind=ProducerKind.HOUSEHOLD, phone="0912000201", commune_code=cast.THUONG_MINH,
            address_line="thôn Khuổi Slưn", gs1_prefix=cast.FISH_PREFIX,
            about=(
                "Nước suối trong rừng chảy qua bốn mương, mùa hè vẫn mát dưới hai mươi độ. "
                "Cá tầm và cá hồi nuôi thưa, cho ăn bốn bữa, ngày nào cũng đo nước. "
                "Bắt cá khi có khách đặt, gửi đi trong ngày."
            ),
        ),
        photo_id=await stage.photo("raceways"),
        now=start,
    )  # fmt: skip
    stage.producers["fish"] = fish
    await cooperatives.set_tax_profile(
        session, producer_id=fish.id, kind=ProducerKind.HOUSEHOLD, tax_code="4600000201"
    )
    owner = await stage.person("Ma Văn Tuấn", cast.FISH_FARMER)
    for role in (Role.MANAGER, Role.MEMBER):
        await cooperatives.add_member(session, producer_id=fish.id, person_id=owner, role=role, now=start)
    farm = await farms.create_farm(
        session,
        producer_id=fish.id,
        farm=NewFarm(
            name="Trại Suối Lạnh", commune_code=cast.THUONG_MINH, hamlet="thôn Khuổi Slưn", owner_id=owner,
            latitude_e6=22_236_500, longitude_e6=105_741_800, altitude_m=612,
        ),
        now=start,
    )  # fmt: skip
    stage.farms[cast.FISH_FARMER] = farm
    for raceway in cast.RACEWAYS:
        stage.sites[raceway.name] = await farms.create_site(
            session,
            farm_id=farm.id,
            site=NewSite(
                name=raceway.name, kind=SiteKind.RACEWAY, crop=Crop(raceway.crop), volume_m3=raceway.volume_m3
            ),
            now=start,
        )
    await certificates.create_certificate(
        session,
        producer_id=fish.id,
        certificate=NewCertificate(
            kind=CertificateKind.FOOD_SAFETY, number="ATTP-0952/2026", issuer="Chi cục Thủy sản (mẫu)",
            valid_from=stage.day - timedelta(days=200), valid_until=stage.day + timedelta(days=895),
        ),
        now=start,
    )  # fmt: skip


async def _write(
    stage: Stage,
    site: Site,
    person: UUID,
    done: work.Work,
    *,
    days_ago: int,
    hour: int,
    photos: Sequence[str] = (),
    note: str = "",
) -> UUID:
    at = stage.at(days_ago, hour, stage.chance.randrange(60))
    entry = await diaries.record_entry(
        stage.session,
        entry=work.NewEntry(
            id=uuid7(),
            site_id=site.id,
            work=done,
            performed_at=at,
            recorded_at=at,
            note=note,
            photo_ids=tuple([await stage.photo(name) for name in photos]),
        ),
        person_id=person,
        now=at,
    )
    if done.kind in work.HARVESTS:
        grams = entry.quantity_g or 0
        stage.harvests.setdefault(str(site.id), []).append(
            (entry.id, stage.day - timedelta(days=days_ago), grams)
        )
    return entry.id


async def _grow_tea(stage: Stage) -> None:
    chance = stage.chance
    for number, home in enumerate(cast.HOUSEHOLDS):
        person = stage.people[home.phone]
        for plot in home.plots:
            site = stage.sites[f"{home.phone}/{plot.name}"]
            shift = number * 2

            async def write(
                days_ago: int,
                hour: int,
                done: work.Work,
                *photos: str,
                note: str = "",
                site: Site = site,
                person: UUID = person,
            ) -> None:
                await _write(
                    stage, site, person, done, days_ago=days_ago, hour=hour, photos=photos, note=note
                )

            await write(148 - shift, 7, work.Prune(style=choices.Pruning.LIGHT))
            for ago in (140 - shift, 84 - shift):
                key, grams = ("compost", plot.area_m2 * 80) if ago > 100 else ("npk", plot.area_m2 * 12)
                await write(
                    ago,
                    8,
                    work.Fertilise(
                        input_id=stage.inputs[key], quantity_g=grams, method=choices.Spreading.ROOT
                    ),
                )
            for ago in (132 - shift, 95 - shift, 58 - shift, 24 - shift):
                await write(
                    ago,
                    7,
                    work.Weed(
                        method=chance.choice(
                            [choices.Weeding.HAND, choices.Weeding.HOE, choices.Weeding.CUTTER]
                        )
                    ),
                )
            for index, pick in enumerate((118, 88, 58, 30, 12)):
                ago = max(pick - shift // 4, 3)
                if index in {0, 2, 3}:
                    key, pest = chance.choice(
                        [("neem", "rầy xanh"), ("bt", "sâu cuốn lá"), ("aba", "nhện đỏ")]
                    )
                    await write(
                        ago + chance.choice([12, 14, 16]), 6,
                        work.Spray(
                            input_id=stage.inputs[key], dose_tenths=20, dose_unit=choices.DoseUnit.ML_PER_LITRE,
                            water_l=plot.area_m2 // 20, pest=pest, area_m2=plot.area_m2,
                        ),
                        "spray-label",
                    )  # fmt: skip
                standard = (
                    choices.Standard.BUD if index == 4 and number in {0, 5} else choices.Standard.ONE_LEAF
                )
                grams = (
                    plot.area_m2 * chance.randrange(8, 13)
                    if standard is not choices.Standard.BUD
                    else plot.area_m2 * 3
                )
                await write(
                    ago,
                    6,
                    work.Pick(quantity_g=grams, standard=standard),
                    *(("tea-picking",) if index >= 3 else ()),
                )
                await write(ago, 13, work.Wither(hours=chance.randrange(2, 5)))
                await write(
                    ago,
                    16,
                    work.Fix(temperature_c=chance.randrange(220, 261, 10), minutes=chance.randrange(4, 8)),
                    *(("tea-roast",) if index == 4 else ()),
                )
                await write(ago, 17, work.Roll(minutes=chance.randrange(25, 46, 5)))
                await write(
                    ago,
                    20,
                    work.Dry(
                        temperature_c=chance.randrange(80, 106, 5),
                        minutes=chance.randrange(40, 71, 10),
                        quantity_g=grams * 10 // 48,
                    ),
                )


async def _grow_fish(stage: Stage) -> None:
    chance = stage.chance
    person = stage.people[cast.FISH_FARMER]
    for number, raceway in enumerate(cast.RACEWAYS):
        site = stage.sites[raceway.name]
        crop = Crop(raceway.crop)

        async def write(
            days_ago: int, hour: int, done: work.Work, *photos: str, note: str = "", site: Site = site
        ) -> None:
            await _write(stage, site, person, done, days_ago=days_ago, hour=hour, photos=photos, note=note)

        await write(
            SEASON_DAYS - number,
            8,
            work.Stock(
                count=raceway.count, mean_weight_g=raceway.mean_weight_g, origin="Trại giống Sa Pa (mẫu)"
            ),
        )
        for ago in range(SEASON_DAYS - 3 - number, 0, -3):
            grown = raceway.mean_weight_g + (SEASON_DAYS - ago) * (6 if crop is Crop.STURGEON else 5)
            await write(
                ago, 7, work.Feed(input_id=stage.inputs["pellet"], quantity_g=raceway.count * grown // 70)
            )
        for ago in range(SEASON_DAYS - 2 - number, 0, -7):
            summer = 10 if ago > 70 else 0
            await write(
                ago, 6,
                work.Water(
                    temperature_tenths=165 + summer + chance.randrange(-8, 12), oxygen_tenths=chance.randrange(74, 92),
                    ph_hundredths=chance.randrange(685, 741),
                ),
                *(("water-meter",) if ago < 10 else ()),
            )  # fmt: skip
        for ago in (120, 90, 60, 32):
            grown = raceway.mean_weight_g + (SEASON_DAYS - ago) * 6
            await write(ago - number, 9, work.Grading(mean_weight_g=grown, count=60))
        await write(
            104 - number, 7, work.Mortality(count=chance.randrange(2, 7), cause="nước đục sau mưa lớn")
        )
        if number == 1:
            await write(
                97, 7,
                work.Treat(
                    input_id=stage.inputs["oxy"], dose_tenths=20, dose_unit=choices.TreatUnit.G_PER_KG_FEED,
                    reason="vây sưng đỏ, trộn thuốc vào thức ăn theo cán bộ thú y",
                ),
            )  # fmt: skip
        for ago in (26 - number, 9 - number, 2):
            fish = chance.randrange(40, 61)
            grams = fish * (1_350 if crop is Crop.STURGEON else 1_050)
            await write(
                ago,
                5,
                work.Harvest(quantity_g=grams, count=fish),
                *(("sturgeon",) if crop is Crop.STURGEON else ("salmon",)),
            )

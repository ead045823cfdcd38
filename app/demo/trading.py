"""The demo's second scene: the buying desk's slips, lots, labels, and what the shop offers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from app.core.ids import uuid7
from app.demo import cast
from producers.farms.models import Crop
from producers.intake import service as intake
from producers.intake.models import Grade
from producers.intake.schemas import NewSlip
from producers.listings import bundling
from producers.listings import service as listings
from producers.listings.models import PricedBy, SoldBy, Temperature
from producers.listings.schemas import BundleFields, ListingFields, NewPack
from storefront.delivery import service as delivery
from storefront.delivery.models import MethodKind, Zone
from storefront.delivery.ways import Step
from storefront.preorders import service as preorders
from storefront.pricelists import service as pricelists
from storefront.pricing import service as pricing
from traceability.labels import service as labels
from traceability.labels.schemas import Layout
from traceability.lots import service as lots
from traceability.lots.schemas import SourceKind, SourcePart

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from app.demo.stage import Stage

# (name, sold by, grams, đồng); of single fish that the scale settles the lightest too, and the đồng are for a kilo.
Pack = tuple[str, SoldBy, int, int] | tuple[str, SoldBy, int, int, int]
OFFERS: tuple[tuple[str, str, str, Crop, str, str, int, tuple[str, ...], tuple[Pack, ...]], ...] = (
    (
        "dinh", "tea", "Chè Đinh Tân Cương", Crop.TEA,
        "Chỉ hái một búp non từ sáu giờ sáng, lúc còn sương. Một ngày hai người mới được một cân khô. "
        "Nước xanh vàng như mật, vị ngọt đọng lâu. Pha nước tám mươi độ, tráng nhanh rồi uống.",
        "Để nơi khô mát, đậy kín sau khi mở.", 540, ("tea-tin", "tea-cups", "tea-hills"),
        (("Hộp 100 g", SoldBy.PIECE, 100, 420_000), ("Hộp 200 g", SoldBy.PIECE, 200, 800_000)),
    ),
    (
        "non", "tea", "Chè nõn tôm La Bằng", Crop.TEA,
        "Một tôm một lá, hái ở nương chân núi Tam Đảo cao hơn ba trăm mét. "
        "Sao bằng củi trong chảo gang, cánh nhỏ và cong. Thơm cốm, chát nhẹ rồi ngọt.",
        "Để nơi khô mát, đậy kín sau khi mở.", 540, ("tea-dry", "tea-picking", "tea-roast"),
        (("Gói 200 g", SoldBy.PIECE, 200, 180_000), ("Gói 500 g", SoldBy.PIECE, 500, 430_000)),
    ),
    (
        "moc", "tea", "Chè móc câu Tân Cương", Crop.TEA,
        "Chè uống hằng ngày của người Thái Nguyên: một tôm hai lá, cánh cong như móc câu, nước đậm, hậu ngọt. "
        "Đóng gói hút chân không, để cả năm vẫn thơm.",
        "Để nơi khô mát, tránh ánh nắng.", 540, ("tea-bag", "tea-hills", "scale"),
        (("Gói 500 g", SoldBy.PIECE, 500, 190_000), ("Gói 1 kg", SoldBy.PIECE, 1_000, 370_000)),
    ),
    (
        "tam", "fish", "Cá tầm sống Thượng Minh", Crop.STURGEON,
        "Cá tầm nuôi nước suối mười hai tháng, thịt chắc, sụn giòn. Bắt cá buổi sáng, "
        "đóng túi bơm ô-xy, tới Hà Nội trong ngày. Mua theo cân, hay mua cả con rồi cân lúc bắt.",
        "Nuôi trong nước sạch dưới 20 °C hoặc làm ngay khi nhận.", 3, ("sturgeon", "raceways", "water-meter"),
        (
            ("Cả con, bán theo cân", SoldBy.GRAM, 500, 320_000),
            ("Con 1,8 đến 2,2 kg", SoldBy.PIECE, 2_200, 320_000, 1_800),
        ),
    ),
    (
        "khuc", "fish", "Cá tầm cắt khúc", Crop.STURGEON,
        "Cá tầm mổ trong ngày, cắt khúc hai phân, ướp đá. Nướng riềng mẻ, om chuối đậu hay nấu lẩu đều ngon.",
        "Giữ lạnh 0 đến 4 °C.", 6, ("sturgeon-steak", "raceways"),
        (("Khay 500 g", SoldBy.PIECE, 500, 190_000),),
    ),
    (
        "hoi", "fish", "Cá hồi phi lê Suối Lạnh", Crop.SALMON,
        "Cá hồi vân nuôi mương nước chảy, lọc xương, hút chân không, thịt cam hồng tự nhiên.",
        "Giữ lạnh 0 đến 4 °C.", 6, ("salmon-fillet", "salmon", "visit-fish"),
        (("Khay 300 g", SoldBy.PIECE, 300, 165_000), ("Khay 1 kg", SoldBy.PIECE, 1_000, 520_000)),
    ),
    (
        "xuan", "tea", "Chè búp vụ sắp tới Tân Cương", Crop.TEA,
        "Lứa búp tiếp theo của cả xóm, chưa hái. Đặt trước thì được giữ phần, hái xong sao ngay và gửi luôn.",
        "Để nơi khô mát, đậy kín sau khi mở.", 540, ("tea-picking", "tea-hills"),
        (("Gói 200 g", SoldBy.PIECE, 200, 220_000),),
    ),
)  # fmt: skip


async def play(stage: Stage) -> None:
    """Weigh in, make lots, print labels and open the shop."""
    await _offer(stage)
    await _make_tea_lots(stage)
    await _make_fish_lots(stage)
    await _price_and_promise(stage)
    await _make_gift(stage)


async def _offer(stage: Stage) -> None:
    for producer, fee, free_from in (("tea", 30_000, 600_000), ("fish", 60_000, 1_500_000)):
        await pricing.set_rate(
            stage.session, producer_id=stage.producers[producer].id, fee_minor=fee, free_from_minor=free_from
        )
    await _say_ways(stage)
    for key, producer, title, crop, description, storage, shelf_life_days, photos, packs in OFFERS:
        made = await listings.create_listing(
            stage.session,
            producer_id=stage.producers[producer].id,
            fields=ListingFields(
                title=title,
                crop=crop,
                description=description,
                storage=storage,
                shelf_life_days=shelf_life_days,
            ),
            packs=[
                NewPack(
                    name=name,
                    sold_by=by,
                    weight_g=grams,
                    price_minor=price,
                    priced_by=PricedBy.GRAM if least else None,
                    least_g=least[0] if least else None,
                )
                for name, by, grams, price, *least in packs
            ],
            photos=[await stage.photo(name) for name in photos],
            now=stage.at(45, 9),
        )
        await listings.publish_listing(stage.session, listing_id=made.id, now=stage.at(45, 10))
        for variant in (await listings.list_variants(stage.session, [made.id]))[made.id]:
            stage.variants[f"{key}/{variant.name}"] = variant


async def _say_ways(stage: Stage) -> None:
    """The fish go on ice in a van by zone and weight, or are fetched at the ponds, alive too; tea keeps its flat fee."""
    fish = stage.producers["fish"].id
    van = delivery.Terms(
        name="Xe lạnh",
        kind=MethodKind.SENT,
        place="",
        carries=frozenset({Temperature.AMBIENT, Temperature.CHILLED}),
        weekdays=frozenset({1, 4, 6}),
        cutoff_days=1,
        cutoff_hour=15,
        free_from_minor=1_500_000,
        steps=(
            Step(Zone.PROVINCE, None, 40_000),
            Step(Zone.REST, 3_000, 60_000),
            Step(Zone.REST, 10_000, 90_000),
            Step(Zone.REST, 30_000, 150_000),
        ),
    )
    fetched = replace(
        van,
        name="Tới trại lấy",
        kind=MethodKind.FARM,
        place="Trại cá, từ 7 giờ tới 16 giờ, gọi trước nửa tiếng",
        carries=frozenset(Temperature),
        weekdays=frozenset(),
        free_from_minor=None,
        steps=(Step(Zone.REST, None, 0),),
    )
    for terms in (van, fetched):
        await delivery.make_method(stage.session, producer_id=fish, terms=terms, now=stage.at(45, 10))


async def _price_and_promise(stage: Stage) -> None:
    """A wholesale list for everybody, a better one for dealers who log in, and the next flush to be ordered ahead."""
    tea, person_id = stage.producers["tea"].id, stage.people[cast.FARMER]
    variant = stage.variants["moc/Gói 500 g"]
    now = stage.at(30, 9)
    dealers = await pricelists.make_group(stage.session, producer_id=tea, name="Đại lý", now=now)
    await pricelists.set_phones(
        stage.session, group_id=dealers.id, producer_id=tea, phones=[cast.BUYERS[0][1]]
    )
    for name, group_id, steps in (
        ("Giá sỉ", None, ((10, 175_000), (40, 165_000))),
        ("Giá đại lý", dealers.id, ((10, 160_000),)),
    ):
        made = await pricelists.make_list(
            stage.session,
            producer_id=tea,
            name=name,
            group_id=group_id,
            first_day=stage.day - timedelta(days=30),
            last_day=None,
            person_id=person_id,
            now=now,
        )
        for quantity, price in steps:
            await pricelists.set_step(
                stage.session,
                list_id=made.id,
                producer_id=tea,
                variant_id=variant.id,
                from_quantity=quantity,
                price_minor=price,
            )
    await preorders.open_offer(
        stage.session,
        producer_id=tea,
        variant_id=stage.variants["xuan/Gói 200 g"].id,
        cap=60,
        expected_on=stage.day + timedelta(days=45),
        person_id=person_id,
        now=stage.at(1, 9),
    )


async def _make_gift(stage: Stage) -> None:
    """A box for Tết of two teas."""
    made = await bundling.create_bundle(
        stage.session,
        producer_id=stage.producers["tea"].id,
        fields=BundleFields(
            title="Hộp quà chè Thái Nguyên",
            name="Hộp quà",
            price_minor=740_000,
            description="Chè đinh để mời khách, chè nõn tôm uống cả Tết. Xếp trong hộp giấy dó, buộc dây lạt.",
        ),
        contents={stage.variants["dinh/Hộp 100 g"].id: 1, stage.variants["non/Gói 200 g"].id: 2},
        photos=[await stage.photo("tea-tin")],
        now=stage.at(45, 9),
    )
    await listings.publish_listing(stage.session, listing_id=made.id, now=stage.at(45, 9))


async def _weigh_in(
    stage: Stage, phones: list[str], flush: int, grade: Grade, price: int
) -> list[SourcePart]:
    """Buy one flush of some households: a slip for each plot's picking; `flush` counts from the newest (-1)."""
    clerk = stage.people[cast.FARMER]
    parts = []
    for home in cast.HOUSEHOLDS:
        if home.phone not in phones:
            continue
        for plot in home.plots:
            site = stage.sites[f"{home.phone}/{plot.name}"]
            _entry, day, grams = stage.harvests[str(site.id)][flush]
            days_ago = (stage.day - day).days
            weighed_at = stage.at(days_ago, 11, stage.chance.randrange(60))
            slip = await intake.record_slip(
                stage.session,
                slip=NewSlip(
                    id=uuid7(), site_id=site.id, weight_g=grams, grade=grade,
                    price_per_kg_minor=price, place="Điểm cân xóm Hồng Thái", weighed_at=weighed_at,
                    photo_id=await stage.photo("scale") if flush == -1 else None,
                ),
                person_id=clerk,
                now=weighed_at,
            )  # fmt: skip
            parts.append(SourcePart(kind=SourceKind.INTAKE, source_id=slip.id, quantity_g=grams))
    return parts


async def _make_lot(
    stage: Stage,
    key: str,
    producer: str,
    variant: str,
    parts: list[SourcePart],
    *,
    grams: int,
    produced_on: date,
    printed: int,
) -> None:
    person = stage.people[cast.FARMER if producer == "tea" else cast.FISH_FARMER]
    days_ago = (stage.day - produced_on).days
    now = stage.at(days_ago, 21)
    lot = await lots.create_lot(
        stage.session,
        producer_id=stage.producers[producer].id,
        variant_id=stage.variants[variant].id,
        sources=parts,
        quantity_g=grams,
        produced_on=produced_on,
        person_id=person,
        now=now,
    )
    stage.lots[key] = lot.id
    if printed:
        await labels.print_labels(
            stage.session,
            lot_id=lot.id,
            count=printed,
            layout=Layout.A4,
            person_id=person,
            now=stage.at(days_ago - 1, 8),
        )


def _last_day(stage: Stage, parts_of: list[tuple[UUID, date, int]]) -> date:
    return min(max(day for _entry, day, _grams in parts_of) + timedelta(days=1), stage.day)


async def _make_tea_lots(stage: Stage) -> None:
    tan_cuong = [home.phone for home in cast.HOUSEHOLDS if home.commune_code == cast.TAN_CUONG]
    la_bang = [home.phone for home in cast.HOUSEHOLDS if home.commune_code == cast.LA_BANG]
    everyone = tan_cuong + la_bang
    plans: tuple[tuple[str, str, list[str], int, Grade, int, int], ...] = (
        ("moc-he", "moc/Gói 1 kg", everyone, -4, Grade.TWO_LEAVES, 32_000, 0),
        ("moc", "moc/Gói 500 g", everyone, -3, Grade.TWO_LEAVES, 34_000, 60),
        ("non", "non/Gói 200 g", la_bang, -2, Grade.ONE_LEAF, 46_000, 80),
        ("non-500", "non/Gói 500 g", tan_cuong[1:], -2, Grade.ONE_LEAF, 45_000, 24),
        ("dinh", "dinh/Hộp 100 g", [tan_cuong[0]], -1, Grade.BUD, 190_000, 32),
        ("dinh-200", "dinh/Hộp 200 g", [la_bang[0]], -1, Grade.BUD, 185_000, 12),
    )
    for key, variant, phones, flush, grade, price, printed in plans:
        parts = await _weigh_in(stage, phones, flush, grade, price)
        picked = [
            stage.harvests[str(stage.sites[f"{home.phone}/{plot.name}"].id)][flush]
            for home in cast.HOUSEHOLDS
            if home.phone in phones
            for plot in home.plots
        ]
        fresh = sum(part.quantity_g for part in parts)
        pack = stage.variants[variant].net_weight_g
        await _make_lot(
            stage,
            key,
            "tea",
            variant,
            parts,
            grams=fresh * 10 // 48 // pack * pack,
            produced_on=_last_day(stage, picked),
            printed=printed,
        )


async def _make_fish_lots(stage: Stage) -> None:
    # Of a catch so much per thousand goes into the lot, and of that so much is left once it is cut.
    for key, variant, raceway, part, left, printed in (
        ("tam", "tam/Cả con, bán theo cân", "Mương 1", 400, 1000, 12),
        ("tam-con", "tam/Con 1,8 đến 2,2 kg", "Mương 1", 600, 1000, 12),
        ("khuc", "khuc/Khay 500 g", "Mương 2", 1000, 620, 30),
        ("hoi", "hoi/Khay 300 g", "Mương 3", 1000, 560, 40),
        ("hoi-1kg", "hoi/Khay 1 kg", "Mương 4", 1000, 560, 12),
    ):
        entry, day, grams = stage.harvests[str(stage.sites[raceway].id)][-1]
        taken, pack = grams * part // 1000, stage.variants[variant].net_weight_g
        await _make_lot(
            stage, key, "fish", variant,
            [SourcePart(kind=SourceKind.HARVEST, source_id=entry, quantity_g=taken)],
            grams=taken * left // 1000 // pack * pack, produced_on=day, printed=printed,
        )  # fmt: skip

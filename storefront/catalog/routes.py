"""The shop window over HTTP: public pages, cached until what they show changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import NotFoundError
from app.core.i18n import Text, _
from app.core.quantity import format_scaled
from app.places import service as places
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form
from app.web.public import Built, cached_page
from app.web.structured import embed
from producers.certificates import service as certificates
from producers.certificates.models import Certificate, CertificateKind
from producers.cooperatives import service as cooperatives
from producers.listings import service as listings
from producers.listings.models import ListingState, SoldBy, Variant
from producers.listings.service import Content
from storefront.bundles import service as bundles
from storefront.bundles.obstacles import find_obstacle
from storefront.bundles.words import say_content, say_obstacle
from storefront.catalog import service
from storefront.catalog.models import EntryKind
from storefront.catalog.pages import (
    BoxContent,
    HomePage,
    KindChoice,
    PackOffer,
    ProducerPage,
    ProductPage,
    SearchPage,
)
from storefront.delivery import service as delivery
from storefront.preorders import service as preorders
from storefront.preorders.words import say_coming
from storefront.pricelists import service as pricelists
from storefront.pricing import service as pricing
from storefront.pricing.words import say_offer, say_season
from storefront.stock import service as stock
from storefront.stock.words import say_bounds, say_left

router = APIRouter()
ON_HOME = 8
MAX_TEXT = 100
MAX_PAGE = 50
_KINDS: tuple[tuple[str, Text], ...] = (
    ("", _("Tất cả")),
    (EntryKind.LISTING, _("Hàng")),
    (EntryKind.TOUR, _("Chuyến thăm")),
    (EntryKind.STAY, _("Chỗ ngủ lại")),
    (EntryKind.PRODUCER, _("Người bán")),
)
_ROUTES = {
    EntryKind.LISTING: "storefront.catalog.product",
    EntryKind.PRODUCER: "storefront.catalog.producer",
    EntryKind.TOUR: "storefront.tours.show",
    EntryKind.STAY: "storefront.stays.show",
}


_PAPERS = {
    CertificateKind.VIETGAP: _("VietGAP"),
    CertificateKind.ORGANIC: _("Hữu cơ"),
    CertificateKind.FOOD_SAFETY: _("An toàn thực phẩm"),
}


@router.get("/", name="storefront.catalog.home")
async def home(request: Request, house: TheHouse) -> Response:
    """The front of the market."""

    async def build() -> Built:
        async with house.database.transaction() as session:
            producers = await service.list_entries(session, EntryKind.PRODUCER, limit=ON_HOME)
            page = HomePage(
                hero_photo_id=next((entry.photo_id for entry in producers if entry.photo_id), None),
                goods=await service.list_entries(session, EntryKind.LISTING, limit=ON_HOME),
                tours=await service.list_entries(session, EntryKind.TOUR, EntryKind.STAY, limit=ON_HOME),
                producers=producers,
            )
        return page, ["catalog"]

    return await cached_page(request, build)


@router.get("/search", name="storefront.catalog.search")
async def search(
    request: Request,
    house: TheHouse,
    q: Annotated[str, Query(max_length=MAX_TEXT)] = "",
    kind: str = "",
    page: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 1,
) -> Response:
    """What the market has of something."""
    wanted = EntryKind(kind) if kind in set(EntryKind) else None

    def href(**changes: object) -> str:
        asked = {"q": q, "kind": wanted or "", "page": page} | changes
        return f"{request.url.path}?{urlencode({name: value for name, value in asked.items() if value})}"

    async def build() -> Built:
        found = await service.search(house.database.lists.fetch_rows, text=q, kind=wanted, page=page)
        shown = SearchPage(
            text=q,
            kind=wanted or "",
            kinds=[
                KindChoice(words, href(kind=one, page=""), one == (wanted or "")) for one, words in _KINDS
            ],
            entries=found.entries,
            next_href=href(page=page + 1) if found.has_more else None,
            previous_href=href(page=page - 1) if page > 1 else None,
        )
        return shown, ["catalog"]

    return await cached_page(request, build, asked={"q": q, "kind": wanted or "", "page": page})


@router.get("/p/{slug}", name="storefront.catalog.product")
async def product(request: Request, slug: str, house: TheHouse, now: Now) -> Response:
    """One listing, with its packs."""

    async def build() -> Built:
        async with house.database.transaction() as session:
            page = await _product_page(request, session, slug, now)
        tags = [f"listing:{page.listing.id}", f"producer:{page.producer.id}"]
        tags += [f"stock:{pack.variant.id}" for pack in page.packs]
        inside = [one for pack in page.packs for one in pack.contents]
        tags += [f"listing:{one.listing_id}" for one in inside]
        return page, [*tags, *(f"stock:{one.variant_id}" for one in inside)]

    return await cached_page(request, build)


async def _product_page(request: Request, session: AsyncSession, slug: str, now: Now) -> ProductPage:
    listing = await listings.find_listing_by_slug(session, slug)
    if listing is None or listing.state is ListingState.DRAFT:
        raise NotFoundError(_("Không tìm thấy món hàng này."))
    producer = await cooperatives.get_producer(session, listing.producer_id)
    variants = (await listings.list_variants(session, [listing.id]))[listing.id]
    ids = [variant.id for variant in variants]
    in_season = listings.is_in_season(listing, on=today(now))
    offers = await pricelists.list_offers(session, ids, phone=None, now=now)
    contents = await listings.list_contents(session, variants)
    wanted = [*ids, *(one.variant.id for inside in contents.values() for one in inside)]
    coming = await preorders.list_coming(session, wanted, now=now)
    left = await stock.available(session, wanted, now=now)
    lot = await stock.find_next_lot(session, ids, now=now)
    papers = await certificates.list_valid(session, producer.id, on=today(now))
    for variant_id, inside in contents.items():
        left[variant_id] = bundles.count_told(inside, left)
    missing = {
        variant_id: found
        for variant_id, inside in contents.items()
        if (found := find_obstacle(inside, coming=coming, on=today(now)))
    }
    packs = [
        PackOffer(
            variant,
            service.unit_of(variant),
            say_obstacle(listing.title, missing[variant.id])
            if variant.id in missing
            else say_coming(variant, coming[variant.id])
            if variant.id in coming
            else say_left(variant, left[variant.id]),
            (coming[variant.id].left if variant.id in coming else left[variant.id]) < variant.step
            or variant.id in missing
            or not in_season,
            say_bounds(variant.bounds_g) if variant.bounds_g else None,
            pricing.price_amount(variant, 1) if variant.bounds_g else None,
            [
                say_offer(variant, offer)
                for offer in offers.get(variant.id, ())
                if offer.price_minor < variant.price_minor
            ],
            variant.id in coming,
            [_box_content(one) for one in contents.get(variant.id, ())],
            _alone(variant, contents.get(variant.id, ())),
        )
        for variant in variants
    ]
    ready = [pack.variant for pack in packs if not pack.is_sold_out]
    chosen = next(iter(ready or variants), None)
    is_by_weight = chosen is not None and chosen.sold_by is SoldBy.GRAM
    photos = (await listings.photo_ids(session, [listing.id]))[listing.id]
    public_url = request.app.state.house.settings.public_url.rstrip("/")
    address = f"{public_url}{request.url.path}"
    page = ProductPage(
        listing=listing,
        producer=producer,
        place=await places.describe(session, producer.commune_code),
        packs=packs,
        photo_ids=photos,
        certificates=papers,
        certificate_words={paper.id: say_certificate(paper) for paper in papers},
        story_href=f"/01/{lot.gtin}/10/{lot.code}" if lot else None,
        rate=(await pricing.get_rates(session, [producer.id]))[producer.id],
        ways=[one.name for one in (await delivery.list_methods(session, [producer.id]))[producer.id]],
        form=Form(),
        is_on_sale=listing.state is ListingState.PUBLISHED and bool(variants) and in_season,
        season_words=None
        if in_season or listing.state is not ListingState.PUBLISHED
        else say_season(listing, on=today(now)),
        is_sold_out=not ready,
        is_held_up=bool(missing),
        chosen_id=chosen.id if chosen else None,
        first_quantity=format_scaled(chosen.step, 3) if chosen and is_by_weight else "1",
        is_by_weight=is_by_weight,
        address=address,
        json_ld=Markup(),
    )
    return _with_json_ld(page, public_url)


def _alone(variant: Variant, contents: Sequence[Content]) -> int | None:
    alone = sum(one.variant.price_minor * one.quantity for one in contents)
    return alone if alone > variant.price_minor else None


def _box_content(one: Content) -> BoxContent:
    slug = one.listing.slug if one.listing.state is ListingState.PUBLISHED else None
    return BoxContent(one.variant.id, one.listing.id, say_content(one), slug)


def _with_json_ld(page: ProductPage, public_url: str) -> ProductPage:
    """The same page with what search engines read (schema.org Product), escaped for a script element."""
    offers = [
        {
            "@type": "Offer",
            "name": pack.variant.name,
            "gtin14": pack.variant.gtin,
            "price": pack.variant.price_minor if pack.ceiling_minor is None else pack.ceiling_minor,
            "priceCurrency": "VND",
            "availability": f"https://schema.org/{_availability(pack)}",
            "url": page.address,
        }
        for pack in page.packs
    ]
    document = {
        "@type": "Product",
        "name": page.listing.title,
        "description": page.listing.description,
        "image": [f"{public_url}/media/{photo_id}/1280.webp" for photo_id in page.photo_ids],
        "brand": {"@type": "Brand", "name": page.producer.name},
        "offers": offers,
    }
    return replace(page, json_ld=embed(document))


def _availability(pack: PackOffer) -> str:
    if pack.is_sold_out:
        return "OutOfStock"
    return "PreOrder" if pack.is_coming else "InStock"


def say_certificate(paper: Certificate) -> Text:
    """Name a certificate as its badge says it."""
    if paper.kind is CertificateKind.OCOP:
        return _("OCOP %(stars)s sao", stars=paper.stars)
    return _PAPERS[paper.kind]


@router.get("/producers/{slug}", name="storefront.catalog.producer")
async def producer(request: Request, slug: str, house: TheHouse, now: Now) -> Response:
    """Who grows and sells it."""

    async def build() -> Built:
        async with house.database.transaction() as session:
            found = await cooperatives.find_producer_by_slug(session, slug)
            if found is None:
                raise NotFoundError(_("Không tìm thấy người bán này."))
            papers = await certificates.list_valid(session, found.id, on=today(now))
            limit = service.PAGE_SIZE
            page = ProducerPage(
                producer=found,
                place=await places.describe(session, found.commune_code),
                certificates=papers,
                certificate_words={paper.id: say_certificate(paper) for paper in papers},
                goods=await service.list_entries(
                    session, EntryKind.LISTING, producer_id=found.id, limit=limit
                ),
                tours=await service.list_entries(
                    session, EntryKind.TOUR, EntryKind.STAY, producer_id=found.id, limit=limit
                ),
                address=f"{house.settings.public_url.rstrip('/')}{request.url.path}",
            )
        return page, [f"producer:{found.id}", "catalog"]

    return await cached_page(request, build)


@router.get("/sitemap.xml", name="storefront.catalog.sitemap")
async def sitemap(request: Request, session: DbSession, house: TheHouse) -> Response:
    """Every public address, for search engines (sitemaps.org)."""
    base = house.settings.public_url.rstrip("/")
    paths = [str(request.app.url_path_for("storefront.catalog.home"))]
    for kind, slug in await service.list_addresses(session):
        paths.append(str(request.app.url_path_for(_ROUTES[kind], slug=slug)))
    rows = "".join(f"<url><loc>{base}{path}</loc></url>" for path in paths)
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'
    )
    return Response(document, media_type="application/xml")


@router.get("/robots.txt", name="storefront.catalog.robots")
async def robots(house: TheHouse) -> PlainTextResponse:
    """What search engines may read: everything public, nothing personal."""
    private = (
        "/cart",
        "/checkout",
        "/orders/",
        "/bookings/",
        "/waiting/",
        "/staying/",
        "/calendar/",
        "/producer/",
        "/operator/",
        "/admin/",
        "/api/",
    )
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in private)]
    lines.append(f"Sitemap: {house.settings.public_url.rstrip('/')}/sitemap.xml")
    return PlainTextResponse("\n".join(lines) + "\n")

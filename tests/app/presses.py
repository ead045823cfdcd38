"""What each form of the house does when it is pressed twice.

`tests/app/test_pressed_twice.py` presses those that make something ONCE. Of the others it asks that each has its word:
what stands under SAME and MOVED was read, and rests on the tests of their rooms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.app.doors import DOORS, Role


class Second(StrEnum):
    """What the second press of the same form finds."""

    ONCE = "once"
    """The form carries the id of what it makes: the second press finds that it is there."""
    SAME = "same"
    """It says how something is to be: said again, everything is as it was said (one row for its own words, too)."""
    MOVED = "moved"
    """The first press moved the thing on: the second finds it there, or is told so."""
    APART = "apart"
    """No form that makes a thing: log-in, a basket that counts what is put in, machines with ids of their own."""


@dataclass(frozen=True, kw_only=True)
class Press:
    """A form that makes something: its page, what is typed, and the table that gets one row of it."""

    page: str
    table: str
    typed: Mapping[str, str] = field(default_factory=dict)
    role: Role = Role.MANAGER


DAY = "2026-11-30"
COMMUNE = "Xã Tân Cương, Tỉnh Thái Nguyên"
STAY = {
    "title": "Nhà sàn mới", "summary": "Ngủ giữa vườn chè", "description": "Nhà sàn gỗ.", "meeting_point": "Cổng",
    "commune_text": COMMUNE, "check_in": "14:00", "check_out": "11:00", "cancellation_hours": "48",
}  # fmt: skip
TOUR = {
    "title": "Hái chè tháng ba", "summary": "Hái chè", "description": "Hái chè.", "meeting_point": "Cổng",
    "commune_text": COMMUNE, "duration_minutes": "120", "cancellation_cutoff_hours": "24",
    "availability_type": "start_time",
}  # fmt: skip

PRESSES: dict[str, Press] = {
    "POST /producer/farms/new": Press(
        page="/producer/farms/new",
        table="farms",
        typed={"name": "Vườn ông Bảy", "hamlet": "Xóm 2", "commune_text": COMMUNE},
    ),
    "POST /producer/farms/{farm_id}/sites/new": Press(
        page="/producer/farms/{farm_id}/sites/new",
        table="sites",
        typed={"name": "Đồi chùa", "crop": "tea", "kind": "plot", "area_m2": "3.000"},
    ),
    "POST /producer/certificates/new": Press(
        page="/producer/certificates/new",
        table="certificates",
        typed={
            "kind": "vietgap",
            "number": "VG-7",
            "issuer": "Chi cục",
            "valid_from": DAY,
            "valid_until": "2027-11-30",
        },
    ),
    "POST /producer/inputs/new": Press(
        page="/producer/inputs/new",
        table="inputs",
        typed={"kind": "pesticide", "name": "Thuốc thử", "crop": "tea", "days": "7"},
    ),
    "POST /producer/listings/new": Press(
        page="/producer/listings/new",
        table="listings",
        typed={
            "title": "Chè đinh",
            "crop": "tea",
            "pack_1_name": "Gói",
            "pack_1_sold_by": "piece",
            "pack_1_weight_g": "200 g",
            "pack_1_price_minor": "300k",
        },
    ),
    "POST /producer/listings/{listing_id}": Press(
        page="/producer/listings/{listing_id}",
        table="variants",
        typed={
            "pack_1_name": "Gói to",
            "pack_1_sold_by": "piece",
            "pack_1_weight_g": "1 kg",
            "pack_1_price_minor": "900k",
        },
    ),
    "POST /producer/help/new": Press(
        page="/producer/help/new",
        table="mandate_requests",
        typed={"phone": "{member_phone}", "scopes": "diary", "months": "12", "proof": "otp"},
    ),
    "POST /producer/help/enrol": Press(
        page="/producer/help/enrol", table="enrolments", typed={"name": "Triệu Thị Mai"}
    ),
    "POST /producer/recalls": Press(
        page="/producer/recalls/new",
        table="recalls",
        typed={"start": "lot:{lot_id}", "reason": "Nghi lẫn lô"},
    ),
    "POST /producer/settlements/households/{person_id}/advances": Press(
        page="/producer/settlements/households/{person_id}",
        table="advances",
        typed={"kind": "cash", "amount_minor": "100k", "what_for": "Tiền công", "given_on": "2026-11-12"},
    ),
    "POST /producer/lots/{lot_id}/labels": Press(
        page="/producer/lots/{lot_id}", table="label_sheets", typed={"count": "1", "layout": "a4_3x8"}
    ),
    "POST /producer/links/new": Press(
        page="/producer/links/new",
        table="producer_links",
        typed={
            "gtin": "{gtin}",
            "link_type": "pip",
            "title": "Xem thêm",
            "href": "https://example.com/{number}",
        },
    ),
    "POST /producer/delivery/methods/new": Press(
        page="/producer/delivery/methods/new",
        table="delivery_methods",
        typed={"name": "Xe khách", "kind": "sent", "carries": "ambient", "rest_prices": "5 kg: 40k"},
    ),
    "POST /producer/price-lists": Press(
        page="/producer/price-lists", table="price_lists", typed={"name": "Giá sỉ", "first_day": DAY}
    ),
    "POST /producer/buyer-groups": Press(
        page="/producer/buyer-groups", table="buyer_groups", typed={"name": "Đại lý {number}"}
    ),
    "POST /producer/vouchers": Press(
        page="/producer/vouchers",
        table="vouchers",
        typed={
            "code": "CHEMOI7{number}",
            "amount_minor": "20k",
            "first_day": DAY,
            "last_day": DAY,
            "uses_most": "5",
            "uses_per_phone": "1",
        },
    ),
    "POST /admin/vouchers": Press(
        page="/admin/vouchers",
        table="vouchers",
        role=Role.STAFF_ADMIN,
        typed={
            "code": "CHOMOI7{number}",
            "amount_minor": "20k",
            "first_day": DAY,
            "last_day": DAY,
            "uses_most": "5",
            "uses_per_phone": "1",
            "budget_minor": "500k",
        },
    ),
    "POST /producer/stock/{item_id}": Press(
        page="/producer/stock",
        table="stock_movements",
        typed={"counted": "9", "reason": "vỡ"},
    ),
    "POST /producer/stock/{item_id}/change": Press(
        page="/producer/stock",
        table="stock_movements",
        typed={"direction": "more", "amount": "2", "reason": "đếm sót"},
    ),
    "POST /stays/{slug}/book": Press(
        page="/stays/{slug}/book",
        table="stay_bookings",
        role=Role.VISITOR,
        typed={
            "arrives_on": "2026-12-01",
            "leaves_on": "2026-12-02",
            "heads": "1",
            "units": "1",
            "contact_name": "Lan",
            "contact_phone": "0912 345 678",
        },
    ),
    "POST /producer/stays/new": Press(page="/producer/stays/new", table="stays", typed=STAY),
    "POST /tours/{slug}/book": Press(
        page="/tours/{slug}/book",
        table="bookings",
        role=Role.VISITOR,
        typed={"contact_name": "Lan", "contact_phone": "0912 345 678", "departure_id": "{departure_id}"},
    ),
    "POST /tours/{slug}/group": Press(
        page="/tours/{slug}/group",
        table="group_requests",
        role=Role.VISITOR,
        typed={
            "contact_name": "Lan",
            "contact_phone": "0912 345 678",
            "departure_id": "{departure_id}",
            "group_name": "Lớp 5A",
            "heads": "12",
        },
    ),
    "POST /producer/tours/new": Press(page="/producer/tours/new", table="tours", typed=TOUR),
    "POST /producer/tours/resources": Press(
        page="/producer/tours/resources",
        table="tour_resources",
        typed={"name": "Thuyền ông Páo", "seats": "8"},
    ),
    "POST /producer/tours/{tour_id}/prices": Press(
        page="/producer/tours/{tour_id}/prices",
        table="tour_options",
        typed={"name": "Có cơm", "max_units": "10", "adult_minor": "200k"},
    ),
    "POST /producer/tours/{tour_id}/season-prices": Press(
        page="/producer/tours/{tour_id}/season-prices",
        table="season_prices",
        typed={"name": "Tết", "from_on": DAY, "until_on": "2026-12-10", "adult_minor": "250k"},
    ),
    "POST /producer/tours/{tour_id}/extras": Press(
        page="/producer/tours/{tour_id}/extras",
        table="tour_extras",
        typed={"name": "Cơm trưa", "price_minor": "80k"},
    ),
    "POST /producer/tours/{tour_id}/seasons": Press(
        page="/producer/tours/{tour_id}/seasons",
        table="season_rules",
        typed={
            "from_on": DAY,
            "until_on": "2026-12-20",
            "weekdays": "5",
            "starts": "1{number}:00",
            "capacity": "9",
        },
    ),
}
"""Forms that are pressed here; the others that carry an id are pressed by the tests of their rooms."""

ELSEWHERE = {
    "POST /producer/diary/new/{kind}": "/producer/diary/new/pick",
    "POST /producer/diary/{entry_id}/correct": "/producer/diary/{entry_id}/correct",
    "POST /producer/diary/{entry_id}/transcripts": "/producer/diary/{entry_id}/transcripts",
    "POST /producer/intake/new": "/producer/intake/new",
    "POST /producer/intake/{slip_id}/correct": "/producer/intake/{slip_id}/correct",
    "POST /producer/listings/bundles/new": "/producer/listings/bundles/new",
    "POST /producer/lots": "/producer/lots/new",
    "POST /producer/lots/{lot_id}/split": "/producer/lots/{lot_id}",
    "POST /producer/lots/{lot_id}/merge": "/producer/lots/{lot_id}",
    "POST /producer/preorders": "/producer/preorders",
    "POST /producer/tours/{tour_id}/batches": "/producer/tours/{tour_id}/batches/new",
    "POST /producer/tours/departures/{departure_id}/party": "/producer/tours/departures/{departure_id}/party",
    "POST /tours/{slug}/wait": "/tours/{slug}/wait",
    "POST /bookings/{token}/people": "/bookings/{token}/people",
}
"""Doors whose forms carry an id too, and where they are shown."""

HIDDEN = {
    "POST /producer/labels/serials/{serial}/reprint": "traceability/serial.html",
    "POST /producer/labels/{sheet_id}/reprint": "traceability/sheet.html",
    "POST /producer/diary/{entry_id}/void": "producers/diary_form.html",
    "POST /producer/diary/{entry_id}/repeat": "producers/diary_parts.html",
    "POST /producer/settlements/households/{person_id}/settle": "storefront/settlements/household.html",
    "POST /producer/cash/kept": "storefront/remittances/producer.html",
    "POST /producer/orders/{consignment_id}/weigh": "storefront/fulfilment/parcel.html",
    "POST /producer/orders/{consignment_id}/reweigh": "storefront/fulfilment/reweigh.html",
    "POST /producer/tours/batches/{batch_id}/settle": "storefront/tours/host_batch.html",
    "POST /operator/visits/{tour_id}": "storefront/portal/visit.html",
    "POST /producer/stays/{stay_id}/places": "storefront/stays/host_places.html",
    "POST /verify/report": "traceability/report.html",
}
"""Doors whose forms carry an id, and are shown only when there is something to do: their rooms press them."""

SAME = frozenset(
    {
        "POST /me/name",
        "POST /me/language",
        "POST /notices/read",
        "POST /notices/{notice_id}/open",
        "POST /voices",
        "POST /producer/switch/{producer_id}",
        "POST /producer/settings",
        "POST /producer/members",
        "POST /producer/members/{membership_id}/end",
        "POST /producer/farms/{farm_id}",
        "POST /producer/sites/{site_id}",
        "POST /producer/inputs/{input_id}",
        "POST /producer/intake/prices",
        "POST /producer/listings/{listing_id}/publish",
        "POST /producer/listings/{listing_id}/pause",
        "POST /producer/voices/{language}",
        "POST /producer/voices/{language}/publish",
        "POST /producer/settlements/households/{person_id}/account",
        "POST /producer/lots/{lot_id}/recheck",
        "POST /producer/links/{link_id}",
        "POST /producer/links/{link_id}/end",
        "POST /verify/province",
        "POST /cart/alone",
        "POST /cart/edit",
        "POST /cart/lines/{line_id}",
        "POST /producer/delivery",
        "POST /producer/delivery/methods/{method_id}",
        "POST /producer/delivery/methods/{method_id}/end",
        "POST /producer/delivery/region",
        "POST /producer/price-lists/{list_id}/end",
        "POST /producer/price-lists/{list_id}/steps",
        "POST /producer/price-lists/{list_id}/steps/remove",
        "POST /producer/buyer-groups/{group_id}/phones",
        "POST /producer/preorders/{offer_id}/end",
        "POST /producer/vouchers/{voucher_id}/end",
        "POST /producer/cash/terms",
        "POST /orders/{token}/invoice",
        "POST /producer/orders/labels",
        "POST /producer/orders/{consignment_id}/invoice",
        "POST /producer/orders/{consignment_id}/address",
        "POST /payments/{token}/card",
        "POST /payments/{token}/wallet/{provider}",
        "POST /admin/vouchers/{voucher_id}/end",
        "POST /admin/fees",
        "POST /admin/operators/new",
        "POST /admin/operators/{operator_id}",
        "POST /admin/operators/{operator_id}/limit",
        "POST /admin/operators/{operator_id}/people/{person_id}/end",
        "POST /admin/taxes/sellers/{producer_id}",
        "POST /admin/payouts/producers/{producer_id}/verified",
        "POST /staying/{token}/invoice",
        "POST /producer/stays/bookings/{party_id}/invoice",
        "POST /producer/stays/{stay_id}",
        "POST /producer/stays/{stay_id}/publish",
        "POST /producer/stays/{stay_id}/unpublish",
        "POST /producer/stays/{stay_id}/nights/close",
        "POST /producer/stays/{stay_id}/nights/open",
        "POST /producer/stays/{stay_id}/nights/beds",
        "POST /bookings/{token}/calendar",
        "POST /bookings/{token}/calendar/end",
        "POST /bookings/{token}/day",
        "POST /bookings/{token}/extras",
        "POST /bookings/{token}/invoice",
        "POST /producer/tours/bookings/{booking_id}/invoice",
        "POST /producer/tours/calendar",
        "POST /producer/tours/calendar/end",
        "POST /producer/tours/day-off",
        "POST /producer/tours/blackouts",
        "POST /producer/tours/blackouts/{blackout_id}/remove",
        "POST /producer/tours/houses",
        "POST /producer/tours/departures/{departure_id}/crew",
        "POST /producer/tours/seasons/{rule_id}",
        "POST /producer/tours/seasons/{rule_id}/end",
        "POST /producer/tours/{tour_id}",
        "POST /producer/tours/{tour_id}/publish",
        "POST /producer/tours/{tour_id}/unpublish",
        "POST /producer/tours/{tour_id}/season-prices/{price_id}/remove",
        "POST /producer/tours/{tour_id}/terms",
        "POST /producer/tours/{tour_id}/dates",
        "POST /producer/tours/{tour_id}/allotments",
        "POST /producer/tours/{tour_id}/allotments/{allotment_rule_id}/end",
        "POST /producer/tours/departures/{departure_id}/allotments/{operator_id}/end",
        "POST /producer/tours/departures/{departure_id}/change",
        "POST /producer/tours/departures/{departure_id}/sights",
        "POST /producer/tours/departures/{departure_id}/capacity",
        "POST /operator/bookings/{booking_id}/change",
        "POST /producer/lessons/{lesson}/{step}",
        "POST /producer/practice/enter",
        "POST /producer/practice/reset",
        "POST /producer/practice/leave",
    }
)

MOVED = frozenset(
    {
        "POST /me/devices/{login_id}/revoke",
        "POST /producer/help/enrol/{enrolment_id}/renew",
        "POST /producer/help/code/{challenge_id}",
        "POST /producer/help/{mandate_id}/begin",
        "POST /producer/help/end",
        "POST /producer/helped/{mandate_id}/revoke",
        "POST /enrol/{token}",
        "POST /producer/orders/recalled/{recall_id}/messages",
        "POST /producer/orders/recalled/{recall_id}/refunds",
        "POST /producer/settlements/advances/{advance_id}/void",
        "POST /producer/settlements/{settlement_id}/paid",
        "POST /producer/settlements/{settlement_id}/returned",
        "POST /producer/labels/reports/{report_id}/handled",
        "POST /producer/labels/void",
        "POST /checkout",
        "POST /orders/{token}/cancel",
        "POST /orders/{token}/called-off/{consignment_id}",
        "POST /orders/{token}/edit",
        "POST /orders/{token}/more/{consignment_id}",
        "POST /orders/{token}/credit/{refund_id}",
        "POST /orders/{token}/received/{consignment_id}",
        "POST /producer/orders/{consignment_id}/invoice/issue",
        "POST /producer/orders/{consignment_id}/confirm",
        "POST /producer/orders/{consignment_id}/pack",
        "POST /producer/orders/{consignment_id}/ship",
        "POST /producer/orders/{consignment_id}/deliver",
        "POST /producer/orders/{consignment_id}/proof",
        "POST /producer/orders/{consignment_id}/return",
        "POST /producer/orders/{consignment_id}/unharvested",
        "POST /producer/orders/{consignment_id}/unsent",
        "POST /producer/orders/{consignment_id}/refused",
        "POST /producer/orders/{consignment_id}/decline",
        "POST /admin/payments/{receipt_id}/match",
        "POST /admin/payments/{receipt_id}/return",
        "POST /admin/remittances/{receipt_id}",
        "POST /admin/statements",
        "POST /admin/statements/lines/{line_id}",
        "POST /admin/operators",
        "POST /operator/bookings/{booking_id}/confirm",
        "POST /operator/bookings/{booking_id}/cancel",
        "POST /admin/taxes/pay",
        "POST /admin/refunds/{refund_id}",
        "POST /admin/payouts",
        "POST /admin/payouts/{batch_id}/{payout_id}/settled",
        "POST /admin/payouts/{batch_id}/{payout_id}/returned",
        "POST /admin/ledger/close",
        "POST /staying/{token}/cancel",
        "POST /staying/{token}/extend",
        "POST /producer/stays/door",
        "POST /producer/stays/bookings/{party_id}/gone",
        "POST /producer/stays/bookings/{party_id}/off",
        "POST /producer/stays/bookings/{party_id}/invoice/issue",
        "POST /groups/{token}/accept",
        "POST /groups/{token}/withdraw",
        "POST /producer/tours/groups/{request_id}/offer",
        "POST /producer/tours/groups/{request_id}/decline",
        "POST /waiting/{token}/leave",
        "POST /bookings/{token}/cancel",
        "POST /bookings/{token}/choice/day",
        "POST /bookings/{token}/choice/money",
        "POST /bookings/{token}/extend",
        "POST /producer/tours/bookings/{booking_id}/invoice/issue",
        "POST /producer/tours/bookings/{booking_id}/rest",
        "POST /producer/tours/bookings/{booking_id}/cash",
        "POST /producer/tours/gate",
        "POST /producer/tours/batches/{batch_id}/returned",
        "POST /producer/tours/papers/{code}/seat",
        "POST /producer/tours/papers/{code}/unseat",
        "POST /producer/tours/departures/{departure_id}/off",
        "POST /producer/tours/departures/{departure_id}/{state}",
    }
)

APART = frozenset(
    {
        "POST /login",
        "POST /login/code",
        "POST /logout",
        "POST /logout/everywhere",
        "POST /phone/credential",
        "POST /phone/lock",
        "POST /phone/unlock",
        "POST /phone/recovery",
        "POST /phone/recovery/{key_id}",
        "POST /authority/login",
        "POST /authority/logout",
        "POST /producer/outbox/carry",
        "POST /offline/submissions",
        "POST /offline/uploads",
        "POST /offline/uploads/{upload_id}",
        "POST /verify/pin",
        "POST /log/cosignatures/{size}",
        "POST /cart/lines",
        "POST /webhooks/stripe",
        "POST /webhooks/{provider}",
        "POST /webhooks/momo",
        "POST /webhooks/zalopay",
    }
)


def read_table() -> dict[str, list[Second]]:
    """Every door that takes a form, with what its second press finds; more than one word is a mistake."""
    said = {
        Second.ONCE: {*PRESSES, *ELSEWHERE, *HIDDEN},
        Second.SAME: SAME,
        Second.MOVED: MOVED,
        Second.APART: APART,
    }
    doors = {door for door in DOORS if door.startswith("POST ")} | set().union(*said.values())
    return {door: [second for second, of in said.items() if door in of] for door in sorted(doors)}

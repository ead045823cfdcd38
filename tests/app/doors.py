"""The doors of the house: which role gets in where. `tests/app/test_doors_table.py` holds the router to it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """Who knocks. All but the last three belong to producer A, in whose world the paths point."""

    VISITOR = "visitor"
    BUYER = "buyer"
    MEMBER = "member"
    PACKER = "packer"
    ACCOUNTANT = "accountant"
    GUIDE = "guide"
    MANAGER = "manager"
    STRANGER = "stranger"
    STAFF_ADMIN = "staff_admin"
    STAFF_ACCOUNTANT = "staff_accountant"


class Answer(StrEnum):
    """What the door says; `in` is everything else, also a form that is refused."""

    IN = "in"
    LOGIN = "login"
    UNSIGNED = "401"
    FORBIDDEN = "403"
    MISSING = "404"


Line = Mapping[Role, Answer]
WORKERS = (Role.MEMBER, Role.PACKER, Role.ACCOUNTANT, Role.GUIDE, Role.MANAGER)
LOGGED_IN = tuple(role for role in Role if role is not Role.VISITOR)


def _line(*inside: Role, others: Answer, visitor: Answer = Answer.LOGIN, **named: Answer) -> Line:
    line = dict.fromkeys(Role, others) | {Role.VISITOR: visitor} | dict.fromkeys(inside, Answer.IN)
    return line | {Role(role): answer for role, answer in named.items()}


def members(*roles: Role, stranger: Answer = Answer.IN) -> Line:
    """Some roles of a producer (a manager always); a stranger meets their own producer's page."""
    return _line(*roles, Role.MANAGER, others=Answer.FORBIDDEN, stranger=stranger)


def ours(*roles: Role, **named: Answer) -> Line:
    """As `members`, where the path names something of producer A: for a stranger it does not exist."""
    return {**members(*roles, stranger=Answer.MISSING), **{Role(role): said for role, said in named.items()}}


HOUSEHOLD = _line(
    Role.MEMBER,
    Role.ACCOUNTANT,
    Role.MANAGER,
    others=Answer.FORBIDDEN,
    packer=Answer.MISSING,
    stranger=Answer.MISSING,
)
"""The member household's own: who pays it reads it too, for whoever else sells to the producer it does not exist."""
WEIGHED = _line(
    Role.MEMBER,
    Role.ACCOUNTANT,
    Role.MANAGER,
    others=Answer.FORBIDDEN,
    packer=Answer.MISSING,
    stranger=Answer.MISSING,
)
"""A household's weigh slip that the manager wrote: for a packer who did not write it it does not exist."""
PUBLIC = _line(*Role, others=Answer.IN)
TOKEN = dict(PUBLIC)
"""Whoever has the token; a wrong one does not exist (a test of its own)."""
ABSENT = dict.fromkeys(Role, Answer.MISSING)
"""Open to everybody, and nothing there in an empty house."""
PERSON = _line(*LOGGED_IN, others=Answer.LOGIN)
ADMIN = _line(Role.STAFF_ADMIN, others=Answer.FORBIDDEN)
STAFF = _line(Role.STAFF_ADMIN, Role.STAFF_ACCOUNTANT, others=Answer.FORBIDDEN)
OWN = _line(Role.MANAGER, others=Answer.MISSING)
"""The thing is the manager's: for everybody else it does not exist."""
HIDDEN = _line(Role.MANAGER, others=Answer.MISSING, visitor=Answer.MISSING)
"""As OWN, but a visitor is not asked to log in."""
SIGNED = _line(others=Answer.UNSIGNED, visitor=Answer.UNSIGNED)
"""Machines with a signature, inspectors with a key; nobody here has one."""
START_AGAIN = _line(others=Answer.LOGIN)
"""A page between two others: who comes out of turn begins at the log-in page."""

PUBLISHERS = _line(
    Role.MANAGER, Role.STRANGER, Role.STAFF_ADMIN, Role.STAFF_ACCOUNTANT, others=Answer.FORBIDDEN
)
"""Managers (a stranger manages a producer of their own) and staff."""
SPEAKERS = _line(*WORKERS, Role.STRANGER, Role.STAFF_ADMIN, Role.STAFF_ACCOUNTANT, others=Answer.FORBIDDEN)

READERS = (Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
MAKERS = (Role.MEMBER, Role.PACKER)

OTHER_KEYS = (
    "8006", "8013", "8010", "414", "417", "8017", "8018", "255", "00", "253", "401", "402", "8003", "8004",
)  # fmt: skip
"""The GS1 keys that are no product's."""

DOORS: dict[str, Line] = {
    # app
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /login": PUBLIC,
    "POST /login": PUBLIC,
    "GET /login/code": START_AGAIN,
    "POST /login/code": START_AGAIN,
    "GET /me": PUBLIC,
    "POST /me/name": PERSON,
    "POST /me/language": PERSON,
    "POST /me/devices/{login_id}/revoke": OWN,
    "GET /producer/phone": PUBLIC,
    "GET /producer/phone/pin": PERSON,
    "POST /phone/credential": PERSON,
    "POST /phone/unlock": PUBLIC,
    "POST /phone/recovery": PERSON,
    "POST /phone/recovery/{key_id}": OWN,
    "GET /media/{photo_id}/{width}.webp": HIDDEN,
    "GET /sw.js": PUBLIC,
    "GET /manifest.webmanifest": PUBLIC,
    "GET /producer/outbox": PERSON,
    "GET /producer/outbox/carry": PERSON,
    "POST /producer/outbox/carry": PERSON,
    "GET /producer/no-signal": PERSON,
    "GET /offline/bundle": PERSON,
    "POST /offline/submissions": PERSON,
    "GET /media/{recording_id}.audio": HIDDEN,
    "GET /notices": PERSON,
    "POST /notices/read": PERSON,
    "POST /notices/{notice_id}/open": OWN,
    "GET /places": PUBLIC,
    "OPTIONS /offline/uploads": PUBLIC,
    "POST /offline/uploads": PERSON,
    "HEAD /offline/uploads/{upload_id}": OWN,
    "PATCH /offline/uploads/{upload_id}": OWN,
    "POST /offline/uploads/{upload_id}": PUBLIC,
    "GET /voices": PERSON,
    "POST /voices": PERSON,
    "GET /voices/{language}/manifest.json": PUBLIC,
    # producers
    "GET /producer/": members(*WORKERS),
    "GET /producer/switch": members(*WORKERS),
    "POST /producer/switch/{producer_id}": members(*WORKERS, stranger=Answer.FORBIDDEN),
    "GET /producer/settings": members(),
    "POST /producer/settings": members(),
    "GET /producer/members": members(),
    "POST /producer/members": members(),
    "POST /producer/members/{membership_id}/end": ours(),
    "GET /producer/farms": members(*READERS),
    "GET /producer/farms/new": members(),
    "POST /producer/farms/new": members(),
    "GET /producer/farms/{farm_id}": ours(),
    "POST /producer/farms/{farm_id}": ours(),
    "GET /producer/farms/{farm_id}/sites/new": ours(),
    "POST /producer/farms/{farm_id}/sites/new": ours(),
    "GET /producer/sites/{site_id}": ours(),
    "POST /producer/sites/{site_id}": ours(),
    "GET /producer/certificates": members(*READERS),
    "GET /producer/certificates/new": members(),
    "POST /producer/certificates/new": members(),
    "GET /producer/inputs": members(*READERS),
    "GET /producer/inputs/new": members(Role.MEMBER),
    "POST /producer/inputs/new": members(Role.MEMBER),
    "GET /producer/inputs/find": members(Role.MEMBER),
    "GET /producer/inputs/{input_id}": ours(Role.MEMBER),
    "POST /producer/inputs/{input_id}": ours(Role.MEMBER),
    "GET /producer/diary": members(*READERS),
    "GET /producer/diary/export": members(*READERS),
    "GET /producer/diary/export.pdf": members(*READERS),
    "GET /producer/diary/export.xlsx": members(*READERS),
    "GET /producer/diary/new": members(Role.MEMBER),
    "GET /producer/diary/new/{kind}": members(Role.MEMBER),
    "POST /producer/diary/new/{kind}": members(Role.MEMBER),
    "GET /producer/diary/{entry_id}": ours(*READERS),
    "GET /producer/diary/{entry_id}/correct": ours(Role.MEMBER),
    "POST /producer/diary/{entry_id}/correct": ours(Role.MEMBER),
    "POST /producer/diary/{entry_id}/void": ours(Role.MEMBER),
    "POST /producer/diary/{entry_id}/repeat": ours(Role.MEMBER),
    "GET /producer/diary/calendar": members(*READERS),
    "GET /producer/diary/{entry_id}/voices/{recording_id}.audio": ours(*READERS),
    "GET /producer/diary/{entry_id}/transcripts": ours(*READERS),
    "POST /producer/diary/{entry_id}/transcripts": ours(*READERS),
    "GET /producer/intake": members(*READERS),
    "GET /producer/intake/prices": members(*READERS),
    "POST /producer/intake/prices": members(),
    "GET /producer/intake/new": members(Role.PACKER),
    "POST /producer/intake/new": members(Role.PACKER),
    "GET /producer/intake/{slip_id}": WEIGHED,
    "GET /producer/intake/{slip_id}/correct": ours(packer=Answer.MISSING),
    "POST /producer/intake/{slip_id}/correct": ours(packer=Answer.MISSING),
    "GET /producer/listings": members(*WORKERS),
    "GET /producer/listings/new": members(Role.MEMBER),
    "POST /producer/listings/new": members(Role.MEMBER),
    "GET /producer/listings/bundles/new": members(Role.MEMBER),
    "POST /producer/listings/bundles/new": members(Role.MEMBER),
    "GET /producer/listings/{listing_id}": ours(*WORKERS),
    "POST /producer/listings/{listing_id}": ours(Role.MEMBER),
    "POST /producer/listings/{listing_id}/publish": ours(Role.MEMBER),
    "POST /producer/listings/{listing_id}/pause": ours(Role.MEMBER),
    "GET /producer/voices": SPEAKERS,
    "GET /producer/voices/{language}": SPEAKERS,
    "POST /producer/voices/{language}": SPEAKERS,
    "POST /producer/voices/{language}/publish": PUBLISHERS,
    # producers: help
    "GET /producer/help": PERSON,
    "GET /producer/help/new": PERSON,
    "POST /producer/help/new": PERSON,
    "GET /producer/help/enrol": PERSON,
    "POST /producer/help/enrol": PERSON,
    "GET /producer/help/enrol/{enrolment_id}": OWN,
    "POST /producer/help/enrol/{enrolment_id}/renew": OWN,
    "GET /producer/help/code/{challenge_id}": OWN,
    "POST /producer/help/code/{challenge_id}": OWN,
    "POST /producer/help/{mandate_id}/begin": OWN,
    "POST /producer/help/end": PERSON,
    "GET /producer/helped": PERSON,
    "POST /producer/helped/{mandate_id}/revoke": OWN | {Role.MEMBER: Answer.IN},
    "GET /producer/village": PERSON,
    "GET /enrol/{token}": TOKEN,
    # traceability
    "GET /producer/recalls": members(),
    "GET /producer/recalls/new": members(),
    "POST /producer/recalls": members(),
    "GET /producer/recalls/{recall_id}": ours(),
    "GET /producer/recalls/{recall_id}/report.json": ours(),
    "GET /producer/orders/recalled/{recall_id}": ours(),
    "POST /producer/orders/recalled/{recall_id}/messages": ours(),
    "POST /producer/orders/recalled/{recall_id}/refunds": ours(),
    "GET /recalls/{recall_id}": PUBLIC,
    "GET /producer/audit": members(*READERS),
    "GET /producer/money": members(Role.ACCOUNTANT),
    "GET /producer/money/statement.pdf": members(Role.ACCOUNTANT),
    "GET /producer/money/statement.xlsx": members(Role.ACCOUNTANT),
    "GET /producer/settlements": members(*READERS),
    "GET /producer/settlements/households/{person_id}": ours(Role.ACCOUNTANT),
    "POST /producer/settlements/households/{person_id}/settle": ours(),
    "POST /producer/settlements/households/{person_id}/advances": ours(),
    "POST /producer/settlements/households/{person_id}/account": ours(),
    "POST /producer/settlements/advances/{advance_id}/void": ours(),
    "GET /producer/settlements/{settlement_id}": HOUSEHOLD,
    "GET /producer/settlements/{settlement_id}/statement.pdf": HOUSEHOLD,
    "GET /producer/margins": members(*READERS),
    "GET /producer/margins/margins.xlsx": members(Role.MEMBER, Role.ACCOUNTANT, stranger=Answer.IN),
    "POST /producer/settlements/{settlement_id}/paid": ours(),
    "POST /producer/settlements/{settlement_id}/returned": ours(),
    "GET /producer/audit/record.xlsx": members(*READERS),
    "GET /producer/audit/{lot_id}": ours(*READERS),
    "GET /producer/audit/{lot_id}/record.xlsx": ours(*READERS),
    "GET /authority": PUBLIC,
    "POST /authority/login": PUBLIC,
    "POST /authority/logout": PUBLIC,
    "GET /authority/lots/{gtin}/{lot}": SIGNED,
    "GET /authority/lots/{gtin}/{lot}/record.xlsx": SIGNED,
    "GET /api/authority/lots/{gtin}/{lot}": SIGNED,
    "GET /producer/lots": members(*MAKERS),
    "GET /producer/lots/new": members(*MAKERS),
    "POST /producer/lots": members(*MAKERS),
    "GET /producer/lots/{lot_id}": ours(*MAKERS),
    "POST /producer/lots/{lot_id}/recheck": ours(*MAKERS),
    "POST /producer/lots/{lot_id}/split": ours(*MAKERS),
    "POST /producer/lots/{lot_id}/merge": ours(*MAKERS),
    "POST /producer/lots/{lot_id}/labels": ours(Role.PACKER),
    "GET /producer/labels": members(Role.PACKER),
    "GET /producer/labels/suspects": members(Role.PACKER),
    "GET /verify/report": PUBLIC,
    "POST /verify/report": PUBLIC,
    "GET /verify/report/thanks": PUBLIC,
    "GET /producer/labels/reports": members(Role.PACKER),
    "POST /producer/labels/reports/{report_id}/handled": ours(Role.PACKER),
    "GET /producer/labels/reports/{report_id}/{width}.webp": ours(Role.PACKER),
    "GET /admin/reports": STAFF,
    "GET /admin/reports/{report_id}/{width}.webp": STAFF,
    "POST /producer/labels/void": members(Role.PACKER),
    "GET /producer/labels/{sheet_id}": ours(Role.PACKER),
    "GET /producer/labels/{sheet_id}/state": ours(Role.PACKER),
    "GET /producer/labels/{sheet_id}/sheet.pdf": ours(Role.PACKER),
    "POST /producer/labels/{sheet_id}/reprint": ours(Role.PACKER),
    "POST /producer/labels/serials/{serial}/reprint": ours(Role.PACKER),
    "GET /producer/labels/serials/{serial}.svg": ours(Role.PACKER),
    "GET /producer/labels/serials/{serial}": ours(Role.PACKER),
    "GET /producer/labels/serials/{serial}/label.svg": ours(Role.PACKER),
    "GET /producer/labels/serials/{serial}/label.png": ours(Role.PACKER),
    "GET /producer/links": members(),
    "GET /producer/links/new": members(),
    "POST /producer/links/new": members(),
    "GET /producer/links/{link_id}": ours(),
    "POST /producer/links/{link_id}": ours(),
    "POST /producer/links/{link_id}/end": ours(),
    "OPTIONS /01/{rest:path}": PUBLIC,
    **{f"{method} /{ai}/{{rest:path}}": PUBLIC for method in ("GET", "HEAD", "OPTIONS") for ai in OTHER_KEYS},
    "GET /verify": PUBLIC,
    "POST /verify/province": PUBLIC,
    "GET /verify/offline": PUBLIC,
    "GET /verify/sw.js": PUBLIC,
    "GET /verify/pin": PUBLIC,
    "POST /verify/pin": PUBLIC,
    "GET /.well-known/gs1resolver": PUBLIC,
    "GET /.well-known/jwks.json": PUBLIC,
    "GET /proof/{gtin}/{lot}": ABSENT,
    "GET /log/checkpoint": PUBLIC,
    "GET /log/key": PUBLIC,
    "GET /log/tile/{path:path}": ABSENT,
    "POST /log/cosignatures/{size}": PUBLIC,
    **{
        f"{method} {path}": PUBLIC
        for method in ("GET", "HEAD")
        for path in (
            "/01/{gtin}",
            "/01/{gtin}/10/{lot}",
            "/01/{gtin}/10/{lot}/21/{serial}",
            "/01/{rest:path}",
            "/trace/{gtin}",
            "/trace/{gtin}/{lot}",
            "/trace/{gtin}/{lot}/{serial}",
            "/passport/{gtin}",
            "/passport/{gtin}/{lot}",
        )
    },
    # storefront: the market
    "GET /": PUBLIC,
    "GET /search": PUBLIC,
    "GET /p/{slug}": PUBLIC,
    "GET /producers/{slug}": PUBLIC,
    "GET /sitemap.xml": PUBLIC,
    "GET /robots.txt": PUBLIC,
    "GET /cart": PUBLIC,
    "POST /cart/alone": PUBLIC,
    "POST /cart/edit": PUBLIC,
    "POST /cart/lines": PUBLIC,
    "POST /cart/lines/{line_id}": HIDDEN,
    "GET /checkout": PUBLIC,
    "POST /checkout": PUBLIC,
    "GET /producer/delivery": members(*WORKERS),
    "POST /producer/delivery": members(Role.ACCOUNTANT),
    "GET /producer/delivery/methods/new": members(Role.ACCOUNTANT),
    "POST /producer/delivery/methods/new": members(Role.ACCOUNTANT),
    "GET /producer/delivery/methods/{method_id}": ours(Role.ACCOUNTANT),
    "POST /producer/delivery/methods/{method_id}": ours(Role.ACCOUNTANT),
    "POST /producer/delivery/methods/{method_id}/end": ours(Role.ACCOUNTANT),
    "GET /producer/delivery/region": members(Role.ACCOUNTANT),
    "POST /producer/delivery/region": members(Role.ACCOUNTANT),
    "GET /producer/price-lists": members(),
    "POST /producer/price-lists": members(),
    "POST /producer/price-lists/{list_id}/end": ours(),
    "POST /producer/price-lists/{list_id}/steps": ours(),
    "POST /producer/price-lists/{list_id}/steps/remove": ours(),
    "GET /producer/buyer-groups": members(),
    "POST /producer/buyer-groups": members(),
    "POST /producer/buyer-groups/{group_id}/phones": ours(),
    "GET /producer/preorders": members(),
    "POST /producer/preorders": members(),
    "POST /producer/preorders/{offer_id}/end": ours(),
    "GET /producer/vouchers": members(),
    "POST /producer/vouchers": members(),
    "POST /producer/vouchers/{voucher_id}/end": ours(),
    "GET /producer/cash": members(Role.ACCOUNTANT),
    "POST /producer/cash/terms": members(Role.ACCOUNTANT),
    "POST /producer/cash/kept": members(Role.ACCOUNTANT),
    "GET /producer/stock": members(*WORKERS),
    "POST /producer/stock/{item_id}": ours(Role.PACKER),
    "POST /producer/stock/{item_id}/change": ours(Role.PACKER),
    # storefront: orders
    "GET /orders": PUBLIC,
    "GET /check": PUBLIC,
    "GET /orders/{token}": TOKEN,
    "POST /orders/{token}/cancel": TOKEN,
    "POST /orders/{token}/edit": TOKEN,
    "POST /orders/{token}/more/{consignment_id}": TOKEN,
    "POST /orders/{token}/credit/{refund_id}": _line(
        Role.BUYER, others=Answer.FORBIDDEN, visitor=Answer.LOGIN
    ),
    "GET /credit": PERSON,
    "POST /orders/{token}/received/{consignment_id}": TOKEN,
    "POST /orders/{token}/invoice": TOKEN,
    "GET /producer/orders": members(Role.PACKER, Role.ACCOUNTANT),
    "GET /producer/orders/picking": members(Role.PACKER, Role.ACCOUNTANT),
    "GET /producer/orders/labels": members(Role.PACKER),
    "POST /producer/orders/labels": members(Role.PACKER),
    "GET /producer/orders/labels.pdf": members(Role.PACKER),
    "GET /producer/orders/{consignment_id}": ours(Role.PACKER, Role.ACCOUNTANT),
    "GET /producer/orders/{consignment_id}/invoice": ours(Role.ACCOUNTANT),
    "POST /producer/orders/{consignment_id}/invoice": ours(Role.ACCOUNTANT),
    "POST /producer/orders/{consignment_id}/invoice/issue": ours(Role.ACCOUNTANT),
    "POST /producer/orders/{consignment_id}/confirm": ours(Role.PACKER),
    "POST /producer/orders/{consignment_id}/weigh": ours(Role.PACKER),
    "GET /producer/orders/{consignment_id}/reweigh": ours(Role.PACKER),
    "POST /producer/orders/{consignment_id}/reweigh": ours(Role.PACKER),
    "POST /producer/orders/{consignment_id}/pack": ours(Role.PACKER),
    "POST /producer/orders/{consignment_id}/ship": ours(Role.PACKER),
    "POST /producer/orders/{consignment_id}/deliver": ours(Role.PACKER),
    "POST /producer/orders/{consignment_id}/proof": ours(Role.PACKER),
    "POST /producer/orders/{consignment_id}/return": ours(Role.PACKER),
    "POST /producer/orders/{consignment_id}/unharvested": ours(),
    "POST /producer/orders/{consignment_id}/refused": ours(Role.PACKER),
    "POST /producer/orders/{consignment_id}/decline": ours(Role.PACKER),
    "POST /producer/orders/{consignment_id}/address": ours(Role.PACKER),
    # storefront: money
    "GET /payments/{token}/state": TOKEN,
    "GET /payments/{token}/qr.png": TOKEN,
    "POST /payments/{token}/card": TOKEN,
    "POST /webhooks/stripe": SIGNED,
    "POST /webhooks/{provider}": SIGNED,
    "GET /webhooks/vnpay": ABSENT,
    "POST /webhooks/momo": ABSENT,
    "POST /webhooks/zalopay": ABSENT,
    "POST /payments/{token}/wallet/{provider}": ABSENT,
    "GET /admin/": STAFF,
    "GET /admin/payments": STAFF,
    "GET /admin/payments/{receipt_id}": STAFF,
    "POST /admin/payments/{receipt_id}/match": STAFF,
    "POST /admin/payments/{receipt_id}/return": STAFF,
    "GET /admin/remittances/{receipt_id}": STAFF,
    "POST /admin/remittances/{receipt_id}": STAFF,
    "GET /admin/statements": STAFF,
    "POST /admin/statements": STAFF,
    "GET /admin/statements/{statement_id}": STAFF,
    "POST /admin/statements/lines/{line_id}": STAFF,
    "GET /admin/vouchers": ADMIN,
    "POST /admin/vouchers": ADMIN,
    "POST /admin/vouchers/{voucher_id}/end": ADMIN,
    "GET /admin/fees": STAFF,
    "POST /admin/fees": STAFF,
    "GET /admin/operators": STAFF,
    "POST /admin/operators": STAFF,
    "GET /admin/taxes": STAFF,
    "GET /admin/taxes/export.csv": STAFF,
    "GET /admin/taxes/export.xlsx": STAFF,
    "POST /admin/taxes/pay": STAFF,
    "GET /admin/taxes/sellers/{producer_id}": STAFF,
    "POST /admin/taxes/sellers/{producer_id}": STAFF,
    "GET /admin/refunds": STAFF,
    "POST /admin/refunds/{refund_id}": STAFF,
    "GET /admin/payouts": STAFF,
    "POST /admin/payouts": STAFF,
    "POST /admin/payouts/producers/{producer_id}/verified": STAFF,
    "GET /admin/payouts/{batch_id}": STAFF,
    "GET /admin/payouts/{batch_id}/file.csv": STAFF,
    "POST /admin/payouts/{batch_id}/{payout_id}/settled": STAFF,
    "POST /admin/payouts/{batch_id}/{payout_id}/returned": STAFF,
    "GET /admin/ledger": STAFF,
    "GET /admin/ledger/close": STAFF,
    "POST /admin/ledger/close": STAFF,
    # storefront: visits
    "GET /tours": PUBLIC,
    "GET /tours/{slug}": PUBLIC,
    "GET /tours/{slug}/days": PUBLIC,
    "GET /feeds/things-to-do.json": PUBLIC,
    "GET /tours/{slug}/book": PUBLIC,
    "POST /tours/{slug}/book": PUBLIC,
    "GET /tours/{slug}/wait": PUBLIC,
    "POST /tours/{slug}/wait": PUBLIC,
    "GET /waiting/{token}": TOKEN,
    "POST /waiting/{token}/leave": TOKEN,
    "GET /bookings/{token}": TOKEN,
    "GET /bookings/{token}/visit.ics": TOKEN,
    "GET /bookings/{token}/tickets": TOKEN,
    "GET /T/camera.js": PUBLIC,
    "GET /T/{letters}": ABSENT,
    "POST /bookings/{token}/calendar": TOKEN,
    "POST /bookings/{token}/calendar/end": TOKEN,
    "GET /calendar/{token}.ics": TOKEN,
    "POST /bookings/{token}/cancel": TOKEN,
    "GET /bookings/{token}/day": TOKEN,
    "POST /bookings/{token}/day": TOKEN,
    "GET /bookings/{token}/choice": TOKEN,
    "POST /bookings/{token}/choice/day": TOKEN,
    "POST /bookings/{token}/choice/money": TOKEN,
    "POST /bookings/{token}/extend": TOKEN,
    "GET /bookings/{token}/extras": TOKEN,
    "POST /bookings/{token}/extras": TOKEN,
    "POST /bookings/{token}/invoice": TOKEN,
    "GET /producer/tours/bookings/{booking_id}/invoice": ours(Role.ACCOUNTANT),
    "POST /producer/tours/bookings/{booking_id}/invoice": ours(Role.ACCOUNTANT),
    "POST /producer/tours/bookings/{booking_id}/invoice/issue": ours(Role.ACCOUNTANT),
    "GET /producer/tours": members(*WORKERS),
    "GET /producer/tours/new": members(Role.GUIDE),
    "POST /producer/tours/new": members(Role.GUIDE),
    "GET /producer/tours/day": members(*WORKERS),
    "GET /producer/tours/calendar": members(*WORKERS),
    "POST /producer/tours/calendar": members(*WORKERS),
    "POST /producer/tours/calendar/end": members(*WORKERS),
    "GET /producer/tours/gate": members(*WORKERS),
    "POST /producer/tours/gate": ours(Role.GUIDE),
    "GET /producer/tours/day-off": members(*WORKERS),
    "POST /producer/tours/day-off": members(Role.GUIDE),
    "GET /producer/tours/blackouts": members(*WORKERS),
    "POST /producer/tours/blackouts": members(Role.GUIDE),
    "POST /producer/tours/blackouts/{blackout_id}/remove": members(Role.GUIDE),
    "GET /producer/tours/resources": members(*WORKERS),
    "POST /producer/tours/resources": members(Role.GUIDE),
    "GET /producer/tours/led": members(*WORKERS),
    "GET /producer/tours/houses": members(*WORKERS),
    "POST /producer/tours/houses": members(Role.GUIDE),
    "GET /producer/tours/houses/{site_id}/log": ours(),
    "GET /producer/tours/departures/{departure_id}/crew": ours(Role.GUIDE),
    "POST /producer/tours/departures/{departure_id}/crew": ours(Role.GUIDE),
    "GET /producer/tours/seasons/{rule_id}": ours(*WORKERS),
    "POST /producer/tours/seasons/{rule_id}": ours(Role.GUIDE),
    "POST /producer/tours/seasons/{rule_id}/end": ours(Role.GUIDE),
    "GET /producer/tours/gate/manifest": members(Role.GUIDE),
    "GET /producer/tours/{tour_id}": ours(*WORKERS),
    "POST /producer/tours/{tour_id}": ours(Role.GUIDE),
    "POST /producer/tours/{tour_id}/publish": ours(Role.GUIDE),
    "POST /producer/tours/{tour_id}/unpublish": ours(Role.GUIDE),
    "GET /producer/tours/{tour_id}/prices": ours(*WORKERS),
    "POST /producer/tours/{tour_id}/prices": ours(Role.GUIDE),
    "GET /producer/tours/{tour_id}/extras": ours(*WORKERS),
    "POST /producer/tours/{tour_id}/extras": ours(Role.GUIDE),
    "GET /producer/tours/{tour_id}/dates": ours(*WORKERS),
    "POST /producer/tours/{tour_id}/dates": ours(Role.GUIDE),
    "GET /producer/tours/{tour_id}/seasons": ours(*WORKERS),
    "POST /producer/tours/{tour_id}/seasons": ours(Role.GUIDE),
    "GET /producer/tours/departures/{departure_id}/change": ours(*WORKERS),
    "POST /producer/tours/departures/{departure_id}/change": ours(Role.GUIDE),
    "GET /producer/tours/departures/{departure_id}/off": ours(*WORKERS),
    "POST /producer/tours/departures/{departure_id}/off": ours(Role.GUIDE),
    "GET /producer/tours/departures/{departure_id}/sights": ours(Role.GUIDE),
    "POST /producer/tours/departures/{departure_id}/sights": ours(Role.GUIDE),
    "POST /producer/tours/departures/{departure_id}/capacity": ours(Role.GUIDE),
    "POST /producer/tours/departures/{departure_id}/{state}": ours(Role.GUIDE),
    # practice: in, anew, and out again before anything else is tried
    "GET /producer/lessons": PERSON,
    "GET /producer/lessons/{lesson}": PERSON,
    "POST /producer/lessons/{lesson}/{step}": PERSON,
    "POST /producer/practice/enter": PERSON,
    "POST /producer/practice/reset": PERSON,
    "POST /producer/practice/leave": PERSON,
    # the way out comes last: after it nobody is logged in
    "POST /logout/everywhere": PERSON,
    "POST /logout": PUBLIC,
    "POST /phone/lock": PUBLIC,
    # and whoever scans a link is somebody else afterwards
    "POST /enrol/{token}": TOKEN,
}

DEMO_DOORS = {
    "GET /demo/phone": PUBLIC,
    "GET /demo/bank/{code}": TOKEN,
    "POST /demo/bank/{code}": TOKEN,
    "GET /demo/card/{session_id}": TOKEN,
    "POST /demo/card/{session_id}": TOKEN,
}
"""Doors that only a demo has."""

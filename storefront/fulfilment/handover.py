"""To whom a parcel is handed: a carrier of the list, a bus or a neighbour with a phone, or anybody by name (PRICING.md K1 to K4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.phone import format_phone
from storefront.delivery import carriers
from storefront.fulfilment import repository
from storefront.fulfilment.errors import (
    CallerMissingError,
    CarrierMissingError,
    OddNumberError,
    TwoCarriersError,
)

BUS = "bus"
OTHER = "other"
AT_HAND = timedelta(minutes=1)
"""So long after the press a form's writer is taken to look at it still."""
_BUS_NAME = "Nhà xe, người nhà chở"


@dataclass(frozen=True, kw_only=True)
class Taker:
    """Who takes a parcel along: the name that people read, a number to look it up by, a phone (E.164) to call."""

    name: str
    number: str | None = None
    phone: str | None = None


def list_choices() -> list[tuple[str, Text]]:
    """List who may be chosen: the carriers by name, then the bus, then anybody."""
    return [
        *((one.code, Text(one.name)) for one in carriers.load_carriers().values()),
        (BUS, _("Nhà xe, người nhà chở")),
        (OTHER, _("Bên khác")),
    ]


def name_taker(*, by: str, name: str, number: str, phone: str | None, guessed: str = "") -> Taker:
    """Say who takes a parcel along by what was chosen and typed; the name of a carrier in the list is the list's (K1).

    A name that only stood in the form, `guessed`, says nothing beside a choice. Raises `CarrierMissingError` when nobody was
    named, `TwoCarriersError` when two were, `CallerMissingError` for a bus that nobody can call.
    """
    tidy = carriers.tidy_number(number) or None
    if by == BUS:
        if phone is None:
            raise CallerMissingError
        return Taker(name=name or _BUS_NAME, number=tidy, phone=phone)
    chosen, named = carriers.load_carriers().get(by), carriers.find_carrier(name)
    if chosen and name not in {"", guessed} and named is not chosen:
        raise TwoCarriersError(chosen.name, name)
    carrier = chosen or named
    if carrier is not None:
        return Taker(name=carrier.name, number=tidy)
    if not name:
        raise CarrierMissingError
    return Taker(name=name, number=tidy, phone=phone)


def ask(taker: Taker) -> None:
    """`OddNumberError` for a number that cannot be this carrier's (K2)."""
    carrier = carriers.find_carrier(taker.name)
    if carrier and taker.number and not carrier.may_be(taker.number):
        raise OddNumberError(taker.number, carrier.name, carrier.example)


def may_ask(captured_at: datetime | None, now: datetime) -> bool:
    """Whether somebody is there to answer: a form that waited on a phone comes when its packer is elsewhere.

    `captured_at` is when a form of the outbox was written.
    """
    return captured_at is None or now - captured_at < AT_HAND


async def guess_form(session: AsyncSession, producer_id: UUID) -> dict[str, str]:
    """What the form says before anybody types: whoever took this producer's last parcel along (K1)."""
    last = await repository.find_last_taker(session, producer_id)
    if last is None:
        return {}
    name, phone = last
    carrier = carriers.find_carrier(name)
    if carrier is not None:
        return {"by": carrier.code}
    return {
        "by": BUS if phone else OTHER,
        "carrier": name,
        "phone": format_phone(phone) if phone else "",
    }


def say_sent(codes: str, taker: Taker, collect_minor: int) -> Text:
    """Say to a buyer who brings their parcel. A message about money holds no link, whoever's it is (K4)."""
    who = Text(taker.name)
    if taker.phone:
        who = _("%(name)s, gọi %(phone)s", name=taker.name, phone=format_phone(taker.phone))
    if collect_minor:
        if taker.number:
            who = _("%(name)s %(number)s", name=who, number=taker.number)
        return _(
            "Chợ Phiên: đơn %(code)s đã gửi qua %(carrier)s. Nhận hàng bạn trả người giao đúng %(amount)s, không trả thêm.",
            code=codes,
            carrier=who,
            amount=format_dong(collect_minor),
        )
    if not taker.number:
        return _(
            "Chợ Phiên: đơn %(code)s đã gửi qua %(carrier)s. Tiền đã trả đủ, bạn không trả thêm cho ai.",
            code=codes,
            carrier=who,
        )
    carrier = carriers.find_carrier(taker.name)
    if carrier is not None and carrier.leads_straight:
        return _(
            "Chợ Phiên: đơn %(code)s đã gửi qua %(carrier)s, mã vận đơn %(number)s, xem hàng tới đâu: %(link)s . "
            "Tiền đã trả đủ, bạn không trả thêm cho ai.",
            code=codes,
            carrier=who,
            number=taker.number,
            link=carrier.link_to(taker.number),
        )
    return _(
        "Chợ Phiên: đơn %(code)s đã gửi qua %(carrier)s, mã vận đơn %(number)s. Tiền đã trả đủ, bạn không trả thêm cho ai.",
        code=codes,
        carrier=who,
        number=taker.number,
    )

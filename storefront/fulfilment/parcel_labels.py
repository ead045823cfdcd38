"""Labels for parcels: who sends what to whom, and a symbol that opens the parcel's page at the producer's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import qr, typeset
from app.core.money import format_dong
from app.core.phone import format_phone, mask_phone
from app.core.quantity import format_grams
from app.places import service as places
from producers.cooperatives.models import Producer
from storefront.fulfilment import picking, repository, service, together
from storefront.fulfilment.errors import AddressHiddenError
from storefront.orders import company
from storefront.orders import parcels as order_parcels
from storefront.orders import service as orders
from storefront.orders.models import Consignment, OrderState
from storefront.orders.parcels import Parcel

_TEMPLATE = Path(__file__).parent / "parcel_label.typ"


class Paper(StrEnum):
    """A label on each page of A6, or four on A4 to cut apart."""

    A6 = "a6"
    A4 = "a4_4"


@dataclass(frozen=True)
class Party:
    """Who sends or receives: `phone` as it is printed, `address` from small to large."""

    name: str
    phone: str
    address: str


@dataclass(frozen=True, kw_only=True)
class ParcelLabel:
    """What stands on the labels of one parcel, of all that goes in it; `weight_g` is that of the goods, without the packing."""

    consignment_id: UUID
    code: str
    sender: Party
    receiver: Party
    carrier: str
    tracking_number: str
    weight_g: int
    is_paid: bool
    way: str
    """How it travels, on which day, and which other orders are in it; nothing of what it says inside."""
    collect_minor: int
    """What whoever brings it takes from the receiver; 0 for nothing."""


async def list_to_label(
    session: AsyncSession, *, producer_id: UUID, consignment_id: UUID | None = None
) -> list[Parcel]:
    """List what may be labelled: one parcel, or all that are taken on, may leave and have not left.

    Raises `AddressHiddenError` for a parcel that nobody has taken on or that has ended, `OrderNotFoundError`.
    """
    if consignment_id is not None:
        one = await order_parcels.get_parcel(session, consignment_id=consignment_id, producer_id=producer_id)
        if one.consignment.state not in service.CONFIRMED:
            raise AddressHiddenError
        lead = (await company.find_company(session, one.consignment)).lead
        if lead is not None and lead.consignment.state in service.CONFIRMED:
            return await order_parcels.list_with_lines(session, [lead.consignment])
        return [one]
    found = await order_parcels.list_parcels_of(
        session, producer_id=producer_id, states={OrderState.PACKING}, limit=picking.MOST_PARCELS
    )
    taken = await service.list_lots_to_pick(session, {line.id for parcel in found for line in parcel.lines})
    held = picking.list_stopped_lines(taken)
    going = [parcel for parcel in found if held.isdisjoint(line.id for line in parcel.lines)]
    # What goes with another has its label there.
    companies = await company.find_companies(session, [parcel.consignment for parcel in going])
    here = {parcel.consignment.id for parcel in going}
    leads = {id_: one.lead.consignment.id for id_, one in companies.items() if one.lead}
    return [one for one in going if leads.get(one.consignment.id) not in here - {one.consignment.id}]


async def show_addresses(
    session: AsyncSession,
    *,
    producer_id: UUID,
    person_id: UUID,
    now: datetime,
    consignment_id: UUID | None = None,
) -> None:
    """Open the addresses that the labels bear to one person, for as long as `reveal_address` does; who looked is kept.

    Raises as `list_to_label`.
    """
    parcels = await list_to_label(session, producer_id=producer_id, consignment_id=consignment_id)
    await order_parcels.record_steps(
        session, parcels, person_id=person_id, note=service.ADDRESS_SHOWN, now=now
    )


async def make_labels(
    session: AsyncSession,
    *,
    producer: Producer,
    person_id: UUID,
    now: datetime,
    consignment_id: UUID | None = None,
    has_phone: bool = False,
) -> list[ParcelLabel]:
    """Say what stands on the labels of those parcels whose address is open to this person; the same few queries for all.

    The receiver's phone has its middle hidden unless `has_phone`: a label is read by everybody on the way.
    Raises as `list_to_label`.
    """
    parcels = await list_to_label(session, producer_id=producer.id, consignment_id=consignment_id)
    shown = await repository.list_shown(
        session,
        [parcel.consignment.id for parcel in parcels],
        note=service.ADDRESS_SHOWN,
        person_id=person_id,
        after=now - service.SHOWN_FOR,
    )
    parcels = [parcel for parcel in parcels if parcel.consignment.id in shown]
    addresses = await orders.list_addresses(session, [parcel.order for parcel in parcels])
    communes = {address.commune_code for address in addresses.values()} | {producer.commune_code}
    said = await places.describe_many(session, communes)
    goes = await together.find_all(session, parcels, now=now)
    along = {
        # What is not packed when the parcel leaves stays behind: whoever brings it must not take its money.
        id_: [
            one
            for one in found.others
            if one.consignment.state in service.CONFIRMED and one.consignment.packed_at is not None
        ]
        for id_, found in goes.items()
    }
    weights = await picking.weigh_parcels(session, [*parcels, *(one for of in along.values() for one in of)])
    home = [producer.address_line, said[producer.commune_code]]
    sender = Party(producer.name, format_phone(producer.phone), ", ".join(part for part in home if part))
    say_phone = format_phone if has_phone else mask_phone
    labels: list[ParcelLabel] = []
    for parcel in parcels:
        one, to = parcel.consignment, addresses[parcel.order.address_id]
        whole = [parcel, *along[one.id]]
        labels.append(
            ParcelLabel(
                consignment_id=one.id,
                code=parcel.order.code,
                sender=sender,
                receiver=Party(
                    to.recipient_name,
                    say_phone(to.phone),
                    one.fetched_at_place if one.is_fetched else f"{to.line}, {said[to.commune_code]}",
                ),
                carrier=one.carrier or "",
                tracking_number=one.tracking_number or "",
                weight_g=sum(weights[part.consignment.id] for part in whole),
                is_paid=all(part.order.paid_at is not None for part in whole),
                way=_say_way(one, [part.order.code for part in whole[1:]]),
                collect_minor=sum(part.order.collect_minor for part in whole),
            )
        )
    return labels


async def make_pdf(labels: Sequence[ParcelLabel], *, paper: Paper, pieces: int, public_url: str) -> bytes:
    """Set `pieces` labels for each parcel ("1/2", "2/2"): drawn in a thread, set in a process of its own."""
    told = await asyncio.to_thread(_tell, labels, paper, pieces, public_url)
    return await typeset.set_pdf(_TEMPLATE, told)


def _say_way(one: Consignment, with_codes: Sequence[str]) -> str:
    """In the one language of labels."""
    day = f"ngày {one.deliver_on:%d/%m}" if one.deliver_on else ""
    more = f"chung đơn {', '.join(with_codes)}" if with_codes else ""
    return ", ".join(part for part in (one.method_name, day, more) if part)


def _tell(labels: Sequence[ParcelLabel], paper: Paper, pieces: int, public_url: str) -> dict[str, Any]:
    return {
        "paper": paper.value,
        "title": labels[0].code if len(labels) == 1 else labels[0].sender.name,
        "labels": [
            _tell_label(label, number, pieces, public_url)
            for label in labels
            for number in range(1, pieces + 1)
        ],
    }


def _tell_label(label: ParcelLabel, number: int, pieces: int, public_url: str) -> dict[str, Any]:
    return {
        "svg": qr.svg(f"{public_url}/producer/orders/{label.consignment_id}", label="QR"),
        "code": label.code,
        "number": str(number),
        "count": str(pieces),
        "weight": format_grams(label.weight_g),
        "paid": label.is_paid,
        "way": label.way,
        "collect": format_dong(label.collect_minor) if label.collect_minor else "",
        "carrier": label.carrier,
        "tracking": label.tracking_number,
        "sender": {"name": label.sender.name, "phone": label.sender.phone, "address": label.sender.address},
        "receiver": {
            "name": label.receiver.name,
            "phone": label.receiver.phone,
            "address": label.receiver.address,
        },
    }

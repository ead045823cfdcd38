"""Whose account it is, in names that an accountant knows instead of ids."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as people
from producers.cooperatives import service as cooperatives
from storefront.ledger import accounts

_OF_PAYABLES = {"buyer_receivable", "refund_payable", "deposits"}
_OF_PEOPLE = {"member_payable", "member_advance", "store_credit"}
"""The last id is a person's; every id before it, and of other kinds, is a producer's."""


async def name_owners(session: AsyncSession, names: Collection[str]) -> dict[str, str]:
    """Say whose each account is: "HTX Chè Đồi Mây · Bàn Thị Hoa", the bank and number of ours, or nothing; two queries."""
    ids = {name: _ids_of(name) for name in names}
    person_ids = {found[-1] for name, found in ids.items() if found and accounts.kind_of(name) in _OF_PEOPLE}
    known: dict[UUID, str] = {
        one.id: one.name for one in (await people.get_people(session, person_ids)).values()
    }
    producer_ids = {one for found in ids.values() for one in found} - person_ids
    for producer in (await cooperatives.get_producers(session, producer_ids)).values():
        known[producer.id] = producer.name
    return {
        name: " · ".join(known[one] for one in found if one in known) if found else _rest_of(name)
        for name, found in ids.items()
    }


def _ids_of(account: str) -> list[UUID]:
    kind, *rest = account.split(":")
    if kind in _OF_PAYABLES:
        return []
    try:
        return [UUID(one) for one in rest]
    except ValueError:  # a bank's number, a card provider's name
        return []


def _rest_of(account: str) -> str:
    kind = accounts.kind_of(account)
    return "" if kind in _OF_PAYABLES else " · ".join(account.split(":")[1:])

"""The part of the checkout in which a buyer names a company for the invoice: typed, or the one of the last time."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.core.i18n import Text, _
from storefront.invoices.schemas import COMPANY, BuyerFields, asked_values, read_company
from storefront.orders import invoicing

AGAIN = f"{COMPANY}again"
"""The box that takes over the company of the last time."""


async def read(
    session: AsyncSession, values: Mapping[str, str], person: Person | None
) -> tuple[BuyerFields | None, dict[str, Text]]:
    """Read whom the invoice is for, and what is wrong by its fields; who wants none is (None, {}).

    What is typed goes before what is ticked.
    """
    typed, errors = read_company(values)
    if typed is not None or errors or not values.get(AGAIN):
        return typed, errors
    last = await invoicing.find_last(session, person.id) if person else None
    if last is None:
        return None, {AGAIN: _("Chợ không còn nhớ công ty lần trước. Bạn ghi lại giúp nhé.")}
    named = {name: value for name, value in asked_values(last).items() if value}
    return BuyerFields.model_validate(named), {}


async def find_before(session: AsyncSession, person: Person | None) -> str | None:
    """The name of the company that a logged-in buyer may take over."""
    last = await invoicing.find_last(session, person.id) if person else None
    return last.name if last else None

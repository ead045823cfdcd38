"""The seller's desk of invoices over HTTP: shown, written down, issued. The room of a sale says what is its own."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Protocol
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import AppError
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.house import House, house_of
from app.web.pages import render
from storefront.invoices import service
from storefront.invoices.models import SoldKind
from storefront.invoices.pages import InvoicePage
from storefront.invoices.ports import EInvoices, InvoiceDraft, IssuedInvoice
from storefront.invoices.schemas import InvoiceFields, list_values


class Sale(Protocol):
    """A sale on the desk, for one of its seller's people; each method raises what its room raises for a stranger's."""

    @property
    def kind(self) -> SoldKind:
        """What was sold."""
        ...

    @property
    def sold_id(self) -> UUID:
        """Which one."""
        ...

    async def draft(self, session: AsyncSession) -> InvoiceDraft:
        """What is to be invoiced; NotSoldError."""
        ...

    async def write(self, session: AsyncSession, issued: IssuedInvoice, *, now: datetime) -> None:
        """Keep its invoice; NotSoldError, InvalidError."""
        ...

    async def make_page(
        self, request: Request, session: AsyncSession, form: Form, *, can_issue: bool
    ) -> InvoicePage:
        """The page of its invoice; `can_issue`: somebody can be asked, and it is not issued yet."""
        ...


async def show(request: Request, session: AsyncSession, sale: Sale, *, now: datetime) -> Response:
    """Answer the invoice as it was written down, or an empty form."""
    written = (await service.list_invoices(session, sale.kind, [sale.sold_id])).get(sale.sold_id)
    return await _answer(request, session, sale, Form(list_values(written, today(now))))


async def write(request: Request, session: AsyncSession, sale: Sale, *, now: datetime) -> Response | None:
    """Write down an invoice that was issued elsewhere; answers the page that asks again, or None once it is kept."""
    fields, form = (await read_submission(request)).read(InvoiceFields)
    if fields is None:
        return await _answer(request, session, sale, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await sale.write(session, fields.read(), now=now)
    except AppError as error:
        return await _answer(request, session, sale, form.refused(error), status=status_of(error))
    return None


async def issue(house: House, session: AsyncSession, sale: Sale, *, now: datetime) -> None:
    """Let the provider issue it: once, however often it is pressed."""
    provider = _provider(house)
    draft = await sale.draft(session)
    known = await service.list_invoices(session, sale.kind, [sale.sold_id])
    await session.close()  # nothing is written yet: the connection goes back before another house is asked
    if provider.issues and not known:
        issued = await provider.issue(draft)
        async with house.database.transaction() as fresh:
            await sale.write(fresh, issued, now=now)


async def _answer(
    request: Request, session: AsyncSession, sale: Sale, form: Form, *, status: int = HTTPStatus.OK
) -> Response:
    is_written = sale.sold_id in await service.list_invoices(session, sale.kind, [sale.sold_id])
    can_issue = _provider(house_of(request)).issues and not is_written
    return await render(
        request, await sale.make_page(request, session, form, can_issue=can_issue), status=status
    )


def _provider(house: House) -> EInvoices:
    return house.port(EInvoices)  # type: ignore[type-abstract]  # a port is asked for by its protocol

"""The seller's page of an invoice, of a parcel and of a visit alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.invoices.models import InvoiceBuyer


@dataclass(frozen=True, kw_only=True)
class InvoicePage(Page):
    """The invoice of a sale: issued by a press where a provider is, or typed off."""

    template: ClassVar[str] = "storefront/invoices/form.html"
    area: ClassVar[str] = "farmer"
    sub: Text
    back_href: str
    write_href: str
    issue_href: str | None
    """None: nobody can be asked, or it is issued."""
    buyer: InvoiceBuyer | None
    """Whom the buyer wants it made out to, if they said so."""
    form: Form

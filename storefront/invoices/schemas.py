"""What comes in about invoices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from app.core.fields import Day, FieldError, FormModel, explain
from app.core.i18n import Text, _
from storefront.invoices.models import Invoice, InvoiceBuyer
from storefront.invoices.ports import IssuedInvoice
from storefront.invoices.tax_codes import BuyerTaxCode

TAX_OFFICE = "https://hoadondientu.gdt.gov.vn"
"""Where every invoice can be looked up, whoever issued it."""
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+\.[A-Za-z]{2,}(:\d+)?(/[^\s<>\"]*)?")
_EMAIL = re.compile(r"[^@\s<>\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")


def _symbol(value: Any) -> str:
    symbol = re.sub(r"\s", "", str(value)).upper()
    if not re.fullmatch(r"[0-9A-Z/]{5,12}", symbol):
        raise FieldError(_("Ký hiệu hóa đơn gồm chữ và số, ví dụ 1C26TAA."))
    return symbol


def _number(value: Any) -> str:
    number = re.sub(r"[\s.]", "", str(value))
    if not re.fullmatch(r"\d{1,8}", number):
        raise FieldError(_("Số hóa đơn chỉ có chữ số, nhiều nhất 8 số."))
    return number


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise FieldError(_("Địa chỉ tra cứu bắt đầu bằng https://, ví dụ %(example)s.", example=TAX_OFFICE))
    return value


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise FieldError(_("Thư điện tử này chưa đúng, ví dụ ketoan@congty.vn."))
    return value


class BuyerFields(FormModel):
    """Whom an invoice is to be made out to, as the buyer types it; only the name is needed."""

    name: str = Field(min_length=1, max_length=200)
    tax_code: BuyerTaxCode = ""
    address: str = Field("", max_length=300)
    email: Annotated[str, AfterValidator(_email), Field(max_length=120)] = ""


class CompanyFields(BuyerFields):
    """As a company needs it, for goods: its name, tax code and address belong together."""

    tax_code: BuyerTaxCode
    address: str = Field(min_length=1, max_length=300)


COMPANY = "invoice_"
"""What the fields of `CompanyFields` are called in a form that asks for more than that."""


def read_company(values: Mapping[str, str]) -> tuple[CompanyFields | None, dict[str, Text]]:
    """Read whom an invoice is for out of a larger form, and what is wrong by its fields; nothing typed is (None, {})."""
    typed = {name: values.get(COMPANY + name, "").strip() for name in CompanyFields.model_fields}
    typed = {name: value for name, value in typed.items() if value}
    if not typed:
        return None, {}
    try:
        return CompanyFields.model_validate(typed), {}
    except ValidationError as error:
        return None, {COMPANY + name: words for name, words in explain(error).items()}


class InvoiceFields(FormModel):
    """An invoice as the seller reads it off."""

    symbol: Annotated[str, BeforeValidator(_symbol)]
    number: Annotated[str, BeforeValidator(_number)]
    lookup_code: str = Field(min_length=1, max_length=60)
    lookup_url: Annotated[str, AfterValidator(_address), Field(max_length=200)] = TAX_OFFICE
    issued_on: Day
    provider: str = Field("", max_length=80)

    def read(self) -> IssuedInvoice:
        """The invoice."""
        return IssuedInvoice(**self.model_dump())


def list_values(written: Invoice | None, day: date) -> dict[str, str]:
    """What the seller's form shows first: the invoice that is written down, or an empty one of this day."""
    if written is None:
        return {"lookup_url": TAX_OFFICE, "issued_on": day.isoformat()}
    return {name: str(getattr(written, name)) for name in InvoiceFields.model_fields}


def company_values(asked: BuyerFields | InvoiceBuyer | None) -> dict[str, str]:
    """What `read_company` would read as this."""
    return {COMPANY + name: getattr(asked, name) for name in CompanyFields.model_fields} if asked else {}


def asked_values(asked: InvoiceBuyer | None) -> dict[str, str]:
    """What the buyer's form shows first: whom they named before, or nothing."""
    return {name: getattr(asked, name) for name in BuyerFields.model_fields} if asked else {}

"""Providers' own lists of transactions: read page by page through the house's HTTP client (SePay's user API, Casso v2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from app.core.clock import VN, in_vietnam
from app.core.errors import UpstreamError
from app.core.i18n import _
from storefront.payments import banks, casso, sepay
from storefront.payments.ports import BankTransfer
from storefront.payments.reports import MAX_AMOUNT, MAX_ID, Line, LocalTime, load_json

SEPAY_API = "https://my.sepay.vn"
CASSO_API = "https://oauth.casso.vn"
_MOST_DIGITS = 20


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much a provider may say: records of a page, pages of a reading, bytes of an answer."""

    page: int
    pages: int = 200
    answer: int = 16 * 1024 * 1024


OF_SEPAY, OF_CASSO = Bounds(page=5_000), Bounds(page=100)


@dataclass(frozen=True, kw_only=True)
class TransferPage:
    """One page of a list, and how many of its records could not be read."""

    transfers: list[BankTransfer] = field(default_factory=list)
    unread_count: int = 0


def _whole(value: object) -> object:
    """Take "18067000.00" as 18067000; whatever is no whole number stays and is refused."""
    if isinstance(value, str | float | int) and not isinstance(value, bool):
        number = Decimal(str(value).strip() or "0")
        is_whole = number.is_finite() and number.adjusted() < _MOST_DIGITS and number == int(number)
        return int(number) if is_whole else value
    return 0 if value is None else value


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_Id = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=1, le=MAX_ID)]
_Amount = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
_Words = Annotated[Line, BeforeValidator(_text)]


class _SepayRecord(BaseModel):
    """A transaction as SePay's `transactions/list` writes it: figures are strings with two decimals."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: _Id
    bank_brand_name: _Words = ""
    account_number: _Words = ""
    transaction_date: LocalTime
    amount_in: _Amount = 0
    amount_out: _Amount = 0
    transaction_content: _Words = ""
    reference_number: _Words = ""
    code: _Words = ""


class _CassoRecord(BaseModel):
    """A transaction as Casso's `v2/transactions` writes it; a negative amount goes out."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)

    id: _Id
    tid: _Words = ""
    description: _Words = ""
    amount: _Amount
    when: LocalTime
    bank_sub_acc_id: _Words = ""
    bank_code_name: _Words = ""


class SepayList:
    """SePay's list; the numbers of its transactions are those that its webhooks bear."""

    name = sepay.NAME

    def __init__(
        self, client: httpx.AsyncClient, *, token: str, api_url: str = SEPAY_API, bounds: Bounds = OF_SEPAY
    ) -> None:
        self._client, self._token, self._bounds = client, token, bounds
        self._url = api_url.rstrip("/") + "/userapi/transactions/list"

    async def list_pages(self, *, account: str, since: datetime) -> AsyncIterator[TransferPage]:
        """Read the newest 5,000, then those before them, until `since`; UpstreamError when the list makes no sense."""
        until: str | None = None
        for _page in range(self._bounds.pages):
            asked = {
                "account_number": account,
                "transaction_date_min": f"{in_vietnam(since):%Y-%m-%d %H:%M:%S}",
                "limit": str(self._bounds.page),
            } | ({"transaction_date_max": until} if until else {})
            answer = await _get(self._client, self._url, asked, f"Bearer {self._token}", self._bounds)
            records = _list_of(answer, "transactions")
            yield _read(records, _SepayRecord, _from_sepay)
            if len(records) < self._bounds.page:
                return
            oldest = min(str(record.get("transaction_date", "")) for record in records)
            if oldest == until or not oldest:
                raise _odd()
            until = oldest
        raise _odd()


class CassoList:
    """Casso's list; the numbers of its transactions are those that its webhooks bear."""

    name = casso.NAME

    def __init__(
        self, client: httpx.AsyncClient, *, api_key: str, api_url: str = CASSO_API, bounds: Bounds = OF_CASSO
    ) -> None:
        self._client, self._key, self._bounds = client, api_key, bounds
        self._url = api_url.rstrip("/") + "/v2/transactions"

    async def list_pages(self, *, account: str, since: datetime) -> AsyncIterator[TransferPage]:  # noqa: ARG002 - Casso lists all accounts of its key
        """Read from the day of `since`, oldest first; UpstreamError when the list makes no sense."""
        for number in range(1, self._bounds.pages + 1):
            asked = {
                "fromDate": f"{in_vietnam(since):%Y-%m-%d}",
                "page": str(number),
                "pageSize": str(self._bounds.page),
                "sort": "ASC",
            }
            answer = await _get(self._client, self._url, asked, f"Apikey {self._key}", self._bounds)
            data = answer.get("data")
            if not isinstance(data, dict):
                raise _odd()
            records = _list_of(data, "records")
            yield _read(records, _CassoRecord, _from_casso)
            if not records or not data.get("nextPage", len(records) == self._bounds.page):
                return
        raise _odd()


async def _get(
    client: httpx.AsyncClient, url: str, params: Mapping[str, str], proof: str, bounds: Bounds
) -> dict[str, Any]:
    """Ask once, within a time and a size; UpstreamError for anything but an object with 200."""
    try:
        async with (
            asyncio.timeout(client.timeout.read),
            client.stream("GET", url, params=params, headers={"Authorization": proof}) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise _odd()
            raw = bytearray()
            async for part in response.aiter_bytes():
                raw += part
                if len(raw) > bounds.answer:
                    raise _odd()
        answer = load_json(bytes(raw))
    except (httpx.HTTPError, TimeoutError, ValueError) as error:
        raise _odd() from error
    if not isinstance(answer, dict):
        raise _odd()
    return answer


def _list_of(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    records = answer.get(name)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise _odd()
    return records


def _read(records: list[dict[str, Any]], model: Any, make: Any) -> TransferPage:
    """Read what can be read: one bad record must not hide the others."""
    transfers, unread = [], 0
    for record in records:
        try:
            transfers.append(make(model.model_validate(record)))
        except (ValidationError, ArithmeticError, ValueError):
            unread += 1
    return TransferPage(transfers=transfers, unread_count=unread)


def _from_sepay(record: _SepayRecord) -> BankTransfer:
    if (record.amount_in > 0) == (record.amount_out > 0) or min(record.amount_in, record.amount_out) < 0:
        raise ValueError("a transaction comes in or goes out")
    return BankTransfer(
        external_id=str(record.id),
        bank_bin=banks.find_bin(record.bank_brand_name),
        account=record.account_number,
        amount_minor=record.amount_in or record.amount_out,
        memo=record.transaction_content,
        code=record.code,
        reference=record.reference_number,
        arrived_at=record.transaction_date.replace(tzinfo=VN),
        is_incoming=record.amount_in > 0,
        payload=record.model_dump(mode="json"),
    )


def _from_casso(record: _CassoRecord) -> BankTransfer:
    if record.amount == 0:
        raise ValueError("a transaction moves money")
    return BankTransfer(
        external_id=str(record.id),
        bank_bin=banks.find_bin(record.bank_code_name),
        account=record.bank_sub_acc_id,
        amount_minor=abs(record.amount),
        memo=record.description,
        code="",
        reference=record.tid,
        arrived_at=record.when.replace(tzinfo=VN),
        is_incoming=record.amount > 0,
        payload=record.model_dump(mode="json", by_alias=True),
    )


def _odd() -> UpstreamError:
    return UpstreamError(_("Bên báo chuyển khoản chưa trả lời được. Lát nữa chợ hỏi lại."))

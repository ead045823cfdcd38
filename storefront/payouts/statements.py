"""What a producer reads about their money: what it was, each line of the books in words, what it is (ledger/BOOKS.md)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import in_vietnam
from app.core.errors import InvalidError
from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.quantity import format_grams
from producers.listings.models import SoldBy
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.models import Journal
from storefront.ledger.periods import Period
from storefront.orders import parcels
from storefront.orders.models import OrderLine
from storefront.orders.words import join, say_goods
from storefront.payouts import service as payouts
from storefront.payouts.models import Payout, PayoutState

MOST_ENTRIES = 10_000
"""A page of more is read by nobody, and asked for by parts."""
MOST_DAYS = 366


class LineKind(StrEnum):
    """What a line is about."""

    SALE = "sale"
    DELIVERY = "delivery"
    FEE = "fee"
    TAX = "tax"
    REFUND = "refund"
    PAYOUT = "payout"
    OTHER = "other"


WORDS: Mapping[LineKind, Text] = {
    LineKind.SALE: _("Bán hàng, đón khách"),
    LineKind.DELIVERY: _("Tiền xe, tiền gửi hàng"),
    LineKind.FEE: _("Phí"),
    LineKind.TAX: _("Thuế giữ hộ"),
    LineKind.REFUND: _("Trả lại khách"),
    LineKind.PAYOUT: _("Đã trả về tài khoản"),
    LineKind.OTHER: _("Khoản khác"),
}
_KINDS: Mapping[str, LineKind] = {
    "sale": LineKind.SALE,
    "fee": LineKind.FEE,
    "fee_reversed": LineKind.FEE,
    "fee_retaken": LineKind.FEE,
    "tax": LineKind.TAX,
    "tax_reversed": LineKind.TAX,
    "tax_retaken": LineKind.TAX,
    "sale_reversed": LineKind.REFUND,
    "refund_owed": LineKind.REFUND,
    "refund_withdrawn": LineKind.REFUND,
    "payout_sent": LineKind.PAYOUT,
    "payout_returned": LineKind.PAYOUT,
}
"""What journals are to a producer; whatever else touches their money is told by its memo, and never left out."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One movement as the producer sees it: above zero they are owed more, below zero less (đồng)."""

    at: datetime
    kind: LineKind
    words: Text
    amount_minor: int


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A period: what was owed before, its lines, what is owed after. Opening and lines always make the closing."""

    period: Period
    opening_minor: int
    lines: Sequence[Line]
    sold: Sequence[Text]
    """The goods that were sold, each once with all of it."""

    @property
    def closing_minor(self) -> int:
        """What is owed after the period; below zero the producer owes it."""
        return self.opening_minor + sum(line.amount_minor for line in self.lines)

    @property
    def totals(self) -> list[tuple[Text, int]]:
        """The lines summed by what they are about; what did not happen is left out."""
        sums: Counter[LineKind] = Counter()
        for line in self.lines:
            sums[line.kind] += line.amount_minor
        return [(WORDS[kind], sums[kind]) for kind in LineKind if kind in sums]


@dataclass(frozen=True)
class _Known:
    """What the journals are about: order lines by order, payouts by id."""

    lines: Mapping[UUID, Sequence[OrderLine]]
    payouts: Mapping[UUID, Payout]


async def make_statement(session: AsyncSession, *, producer_id: UUID, period: Period) -> Statement:
    """Read a producer's statement from the books; `InvalidError` (field `to`) when the period is too long to read.

    A line stands on the day on which it was booked, so that a statement that was printed stays as it is.
    """
    since, until = period.instants
    names = (accounts.seller_payable(producer_id), accounts.delivery_payable(producer_id))
    booked = await ledger.list_booked(session, names, since=since, until=until, limit=MOST_ENTRIES + 1)
    if period.days > MOST_DAYS or len(booked) > MOST_ENTRIES:
        raise _too_long()
    known = await _find_known(session, producer_id, [journal for journal, _name, _amount in booked])
    lines: list[Line] = []
    for _id, sides in groupby(booked, key=lambda one: one[0].id):
        entries = list(sides)
        lines += _tell(entries[0][0], [(name, -amount) for _journal, name, amount in entries], known)
    return Statement(
        period=period,
        opening_minor=-await ledger.balance_before(session, names, since),
        lines=lines,
        sold=_sum_up(line for found in known.lines.values() for line in found),
    )


def _too_long() -> InvalidError:
    words = _("Khoảng này dài quá. Bạn chọn khoảng ngắn hơn giúp nhé.")
    return InvalidError(words, fields={"to": words})


async def _find_known(session: AsyncSession, producer_id: UUID, journals: Sequence[Journal]) -> _Known:
    order_ids = {_id_of(one) for one in journals if one.kind == "sale" and one.source.startswith("order:")}
    payout_ids = {_id_of(one) for one in journals if one.source.startswith("payout:")}
    lines: dict[UUID, Sequence[OrderLine]] = {}
    if order_ids:
        for parcel in await parcels.list_parcels_in(session, producer_id=producer_id, order_ids=order_ids):
            lines[parcel.order.id] = parcel.lines
    return _Known(lines, await payouts.get_payouts(session, payout_ids) if payout_ids else {})


def _id_of(journal: Journal) -> UUID:
    return UUID(journal.source.partition(":")[2])


def _tell(journal: Journal, sides: Sequence[tuple[str, int]], known: _Known) -> list[Line]:
    """Say one journal as lines: a sale one for goods and one for sending, anything else as one."""
    kind = _KINDS.get(journal.kind, LineKind.OTHER)
    if kind is not LineKind.SALE:
        words = _say(journal, kind, known)
        total = sum(amount for _name, amount in sides)
        return [Line(at=journal.created_at, kind=kind, words=words, amount_minor=total)] if total else []
    lines = []
    for name, amount in sides:
        is_goods = accounts.kind_of(name) == accounts.PAYABLES[0]
        words = _say_sale(journal, known) if is_goods else _("Tiền gửi hàng, đơn %(code)s", code=journal.memo)
        side = LineKind.SALE if is_goods else LineKind.DELIVERY
        lines.append(Line(at=journal.created_at, kind=side, words=words, amount_minor=amount))
    return lines


def _say_sale(journal: Journal, known: _Known) -> Text:
    if journal.source.startswith(("booking:", "stay:", "batch:", "operator_sale:")):
        return _("Đón khách, mã %(code)s", code=journal.memo)
    sold = known.lines.get(_id_of(journal), ()) if journal.source.startswith("order:") else ()
    if not sold:
        return _("Bán hàng, đơn %(code)s", code=journal.memo)
    said = join(say_goods(sold))
    gift = sum(line.gift_minor for line in sold)
    if gift:
        said = _("%(goods)s, chợ trả hộ %(sum)s", goods=said, sum=format_dong(gift))
    return _("Bán %(goods)s (đơn %(code)s)", goods=said, code=journal.memo)


def _say(journal: Journal, kind: LineKind, known: _Known) -> Text:
    if kind is LineKind.PAYOUT:
        return _say_payout(journal, known.payouts[_id_of(journal)])
    said: Mapping[str, Text] = {
        "refund_owed": _("Trả lại khách, mã %(code)s", code=journal.memo),
        "sale_reversed": _("Công ty du lịch hủy hoặc đổi, mã %(code)s", code=journal.memo),
        "refund_withdrawn": _("Cân lại, bỏ khoản trả lại cũ, mã %(code)s", code=journal.memo),
        "fee": _("Phí, mã %(code)s", code=journal.memo),
        "fee_reversed": _("Hoàn phí, mã %(code)s", code=journal.memo),
        "fee_retaken": _("Thu lại phí đã hoàn, mã %(code)s", code=journal.memo),
        "tax": _("Thuế giữ hộ, mã %(code)s", code=journal.memo),
        "tax_reversed": _("Hoàn thuế giữ hộ, mã %(code)s", code=journal.memo),
        "tax_retaken": _("Giữ lại thuế đã hoàn, mã %(code)s", code=journal.memo),
    }
    return said.get(journal.kind) or _("Khoản khác: %(memo)s", memo=journal.memo)


def _say_payout(journal: Journal, payout: Payout) -> Text:
    if journal.kind == "payout_returned":
        return _(
            "Ngân hàng trả lại khoản %(code)s: %(reason)s", code=payout.code, reason=payout.return_reason
        )
    if payout.state is PayoutState.SETTLED and payout.settled_at is not None:
        return _(
            "Đã trả ngày %(day)s, mã %(code)s, mã ngân hàng %(reference)s",
            day=f"{in_vietnam(payout.settled_at):%d/%m/%Y}",
            code=payout.code,
            reference=payout.reference,
        )
    if payout.state is PayoutState.RETURNED:
        return _("Đã chuyển, mã %(code)s, rồi bị ngân hàng trả lại", code=payout.code)
    return _("Đang chuyển, mã %(code)s", code=payout.code)


def _sum_up(lines: Iterable[OrderLine]) -> list[Text]:
    """Say the goods with all that was sold of each: "Chè Đinh: 12 × Hộp 200 g", "Cá tầm: 14,5 kg"."""
    sums: dict[tuple[str, str, SoldBy], int] = defaultdict(int)
    for line in lines:
        sums[line.title, line.variant_name, line.sold_by] += line.quantity
    said = []
    for (title, name, sold_by), quantity in sorted(sums.items()):
        if sold_by is SoldBy.GRAM:
            said.append(_("%(title)s: %(quantity)s", title=title, quantity=format_grams(quantity)))
        else:
            many = _("%(count)s × %(name)s", count=quantity, name=name)
            said.append(_("%(title)s: %(quantity)s", title=title, quantity=many))
    return said

"""The shop's side of a recall: whose orders got the goods, what they are told, and their money back.

A recall freezes and announces in `traceability.recalls`; who bought is known here only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import jobs
from app.core.i18n import LANGUAGES, Catalogue, Text, _
from app.core.phone import format_phone
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Producer, Role
from storefront.fulfilment import refunding, repository
from storefront.fulfilment.errors import EmptyMessageError, PracticeRecallError
from storefront.fulfilment.models import RecallMessage
from storefront.fulfilment.refunding import Due
from storefront.fulfilment.schemas import MOST_WORDS
from storefront.orders import company, money_back
from storefront.orders import parcels as order_parcels
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import OrderLine, OrderState
from storefront.orders.parcels import Parcel
from storefront.payments.models import PayableKind
from storefront.preorders import service as preorders
from storefront.refunds import service as refunds
from storefront.refunds.models import Refund, RefundReason
from storefront.stock import service as stock
from traceability.labels import service as labels
from traceability.lots import service as lots
from traceability.lots.models import Lot
from traceability.recalls import service as recalls
from traceability.recalls.events import RecallOpened
from traceability.recalls.models import Recall

MARKS = {"vi": ("[đơn]", "[hàng]"), "en": ("[order]", "[goods]")}
"""What stands in a draft for the buyer's own order and goods, by language."""
_LOT_WORDS = {"vi": "lô", "en": "lot"}


STOP_JOB = "fulfilment.stop_unpaid"


class Audience(StrEnum):
    """Who is told: those who may have the goods in hand, and those whose goods have not left."""

    GOT = "got"
    WAITING = "waiting"


@dataclass(frozen=True)
class Got:
    """So much (pieces or grams) of a recalled lot for one order line."""

    line: OrderLine
    lot: Lot
    quantity: int


@dataclass(frozen=True)
class Affected:
    """A parcel with recalled goods: what of which lot, which lines left, what the buyer was told, what goes back."""

    parcel: Parcel
    got: Sequence[Got]
    left: Collection[UUID]
    refunded: Collection[UUID]
    refunds: Sequence[Refund]
    message: RecallMessage | None
    keeps_fee: bool
    """Goods of other orders travel by its delivery."""

    @property
    def is_paid(self) -> bool:
        """Whether the buyer paid: only then there is something to tell and to give back."""
        return self.parcel.order.paid_at is not None

    @property
    def is_under_way(self) -> bool:
        """Whether it left to be paid on delivery and did not come back."""
        one = self.parcel.consignment
        is_gone = one.shipped_at is not None and one.state is not OrderState.RETURNED
        return self.parcel.order.collect_minor > 0 and is_gone

    @property
    def language(self) -> str:
        """The language in which the buyer is written to."""
        return self.parcel.order.language if self.parcel.order.language in LANGUAGES else LANGUAGES[0]

    @property
    def draft(self) -> str:
        """The name of the draft that is for this buyer: audience and language."""
        audience = Audience.GOT if any(one.line.id in self.left for one in self.got) else Audience.WAITING
        return f"{audience}_{self.language}"

    @property
    def must_be_told(self) -> bool:
        """Whether this buyer paid, or is to pay for a parcel that left, and was not told yet."""
        return (self.is_paid or self.is_under_way) and self.message is None

    @property
    def recalled_lines(self) -> list[OrderLine]:
        """The lines with recalled goods, each once."""
        return list({one.line.id: one.line for one in self.got}.values())

    @property
    def due(self) -> Due:
        """What is still to be given back for the recalled lines."""
        return refunding.sum_due(self.parcel, self.recalled_lines, self.refunded, keeps_fee=self.keeps_fee)

    @property
    def due_whole(self) -> Due:
        """What is still to be given back for the whole parcel."""
        return refunding.sum_due(self.parcel, self.parcel.lines, self.refunded, keeps_fee=self.keeps_fee)


# ---------------------------------------------------------------- who


async def list_affected(session: AsyncSession, recall: Recall) -> list[Affected]:
    """List the producer's parcels that got something of the recalled lots, or wait for it, the oldest first.

    What was paid back before this recall and never left is no longer the buyer's.
    """
    lot_ids = [UUID(lot["id"]) for lot in recall.report["lots"]]
    found = await repository.list_lines_of_lots(session, lot_ids)
    all_ids = {line_id for line_id, _lot, _quantity in found}
    left = await repository.list_left(session, all_ids)
    over = await money_back.list_refunded(session, all_ids - left, before=recall.id)
    found = [one for one in found if one[0] not in over]
    known = await lots.get_lots(session, {lot_id for _line, lot_id, _quantity in found})
    parcels = await order_parcels.list_parcels_with(
        session, producer_id=recall.producer_id, line_ids={line_id for line_id, _lot, _quantity in found}
    )
    lines = {line.id: line for parcel in parcels for line in parcel.lines}
    refunded = await money_back.list_refunded(session, lines)
    back = await refunds.list_of(session, PayableKind.ORDER, {parcel.order.id for parcel in parcels})
    companies = await company.find_companies(session, [parcel.consignment for parcel in parcels])
    told = {message.order_id: message for message in await repository.list_messages(session, recall.id)}
    return [
        Affected(
            parcel=parcel,
            got=[
                Got(lines[line_id], known[lot_id], quantity)
                for line_id, lot_id, quantity in found
                if line_id in lines and lines[line_id].consignment_id == parcel.consignment.id
            ],
            left=left,
            refunded={line.id for line in parcel.lines} & refunded,
            refunds=[
                one
                for one in back
                if (one.payable_id, one.producer_id) == (parcel.order.id, recall.producer_id)
            ],
            message=told.get(parcel.order.id),
            keeps_fee=companies[parcel.consignment.id].has_followers(parcel.consignment.id),
        )
        for parcel in parcels
    ]


async def on_recall_opened(session: AsyncSession, event: RecallOpened) -> None:
    """Tell those who pack and those who answer buyers how many orders it concerns, and where to go on."""
    recall = await recalls.get_recall(session, event.recall_id)
    found = await list_affected(session, recall)
    if not found:
        return
    if any(not one.is_paid for one in found):
        await jobs.defer(session, STOP_JOB, recall_id=str(recall.id))
    words = _(
        "Có hàng bị thu hồi: %(count)s đơn có lô này. Đừng đóng gói, đừng gửi các đơn đó. "
        "Mở trang này để nhắn khách và trả tiền.",
        count=len(found),
    )
    await notices.notify_all(
        session,
        await cooperatives.list_members(session, event.producer_id, Role.MANAGER, Role.PACKER),
        kind="recall",
        text=words,
        href=f"/producer/orders/recalled/{recall.id}",
        now=recall.created_at,
        by_sms=True,
    )


# ---------------------------------------------------------------- what they are told


def write_draft(catalogue: Catalogue, *, recall: Recall, producer: Producer, name: str) -> str:
    """Draft what buyers of one audience and language are told; the marks stand for their own order and goods.

    A long reason is cut, so that the draft may be sent as it stands (MOST_WORDS).
    """
    # On one line: a browser sends the end of a line as two characters.
    reason = " ".join(recall.reason.split()).rstrip(". ")
    draft = _say_draft(catalogue, reason, producer=producer, name=name)
    if len(draft) > MOST_WORDS:
        kept = reason[: len(reason) - (len(draft) - MOST_WORDS) - 1].rpartition(" ")[0]
        draft = _say_draft(catalogue, f"{kept}…", producer=producer, name=name)
    return draft


def _say_draft(catalogue: Catalogue, reason: str, *, producer: Producer, name: str) -> str:
    audience, _sep, language = name.partition("_")
    order, goods = MARKS[language]
    filled = {
        "producer": producer.name,
        "goods": goods,
        "order": order,
        "reason": reason,
        "phone": format_phone(producer.phone),
    }
    if audience == Audience.GOT:
        words = _(
            "Chợ Phiên: %(producer)s thu hồi %(goods)s trong đơn %(order)s của bạn. Vì sao: %(reason)s. "
            "Bạn đừng dùng, giữ nguyên gói và gọi %(phone)s. Tiền hàng này được trả lại cho bạn.",
            **filled,
        )
    else:
        words = _(
            "Chợ Phiên: %(producer)s thu hồi %(goods)s trong đơn %(order)s của bạn. Vì sao: %(reason)s. "
            "Hàng chưa gửi đi, tiền hàng này được trả lại cho bạn. Cần hỏi gì bạn gọi %(phone)s.",
            **filled,
        )
    return catalogue.translate(words, language)


def fill_draft(draft: str, one: Affected) -> str:
    """Put a buyer's own order code and goods into a draft: "Trà shan (lô L1, L2), Cá tầm (lô C3)"."""
    codes: dict[str, list[str]] = {}
    for got in one.got:
        codes.setdefault(got.line.title, []).append(got.lot.code)
    lot = _LOT_WORDS[one.language]
    goods = ", ".join(
        f"{title} ({lot} {', '.join(sorted(set(of_title)))})" for title, of_title in codes.items()
    )
    order_mark, goods_mark = MARKS[one.language]
    return draft.replace(order_mark, one.parcel.order.code).replace(goods_mark, goods)


async def send_messages(
    session: AsyncSession, *, recall: Recall, drafts: Mapping[str, str], person_id: UUID, now: datetime
) -> int:
    """Tell every buyer who paid and was not told yet, by short message and in the app; answers how many.

    Each order is told once, however often this is asked for. Raises `PracticeRecallError`, `EmptyMessageError`.
    """
    if recall.is_mock:
        raise PracticeRecallError
    waiting = [one for one in await list_affected(session, recall) if one.must_be_told]
    lacking = sorted({one.draft for one in waiting if not drafts.get(one.draft, "").strip()})
    if lacking:
        raise EmptyMessageError(lacking)
    told = 0
    for one in waiting:
        order = one.parcel.order
        words = fill_draft(drafts[one.draft], one)
        row = {
            "recall_id": recall.id,
            "order_id": order.id,
            "words": words,
            "sent_by_id": person_id,
            "created_at": now,
        }
        if not await repository.insert_message(session, row):
            continue
        # The words are a person's own, not a sentence of the catalogue.
        text = Text("%(words)s", {"words": words})
        await notices.send_message(session, phone=order.buyer_phone, text=text, lang=order.language)
        if order.person_id is not None:
            await notices.notify(
                session,
                person_id=order.person_id,
                kind="recall",
                text=text,
                href=f"/recalls/{recall.id}",
                now=now,
                by_sms=False,
            )
        told += 1
    return told


# ---------------------------------------------------------------- money back


async def give_back(
    session: AsyncSession,
    *,
    recall: Recall,
    consignment_id: UUID,
    is_whole: bool,
    person_id: UUID,
    now: datetime,
) -> Refund | None:
    """Owe a buyer the price of the recalled lines, or of the whole parcel; None when nothing is left to give back.

    What has not left is free again, and a parcel of which nothing remains is cancelled (orders/PRICING.md O12).
    Raises `PracticeRecallError`, `OrderNotFoundError` for a parcel that this recall does not concern, `WrongStateError`
    for one that is not paid.
    """
    if recall.is_mock:
        raise PracticeRecallError
    locked = await order_parcels.lock_parcel(session, consignment_id)
    found = await list_affected(session, recall)
    one = next((one for one in found if one.parcel.consignment.id == consignment_id), None)
    if one is None:
        raise OrderNotFoundError
    if not one.is_paid:
        raise WrongStateError(locked.parcel.state)
    lines = one.parcel.lines if is_whole else one.recalled_lines
    refund = await refunding.give_back(
        session, one.parcel, lines, reason=RefundReason.RECALLED, person_id=person_id, now=now
    )
    if refund is None or locked.parcel.shipped_at is not None:
        return refund
    stays = {line.id for line in lines}
    promised = await preorders.release(session, order_id=locked.order.id, line_ids=stays)
    await stock.release(session, order_id=locked.order.id, line_ids=stays, now=now)
    await preorders.share_out(session, promised, now=now)
    packed = await repository.list_packed(session, consignment_id)
    await labels.take_out(
        session,
        parcel_id=consignment_id,
        lot_ids={item.lot_id for item in packed if item.order_line_id in stays},
    )
    back = await money_back.list_refunded(session, {line.id for line in one.parcel.lines})
    if len(back) == len(one.parcel.lines):
        await refunding.end_parcel(session, locked, person_id=person_id, now=now)
    return refund

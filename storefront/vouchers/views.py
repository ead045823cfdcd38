"""Vouchers as the pages of producers and of the market show them alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from app.core.clock import today
from app.core.i18n import Text, _
from app.core.money import format_dong
from storefront.vouchers.models import Voucher, VoucherUse
from storefront.vouchers.pages import VoucherRow
from storefront.vouchers.service import is_given_away


def show_voucher(
    voucher: Voucher, uses: Iterable[VoucherUse], now: datetime, shops: Sequence[str] = ()
) -> VoucherRow:
    """A voucher as its page shows it, with those of `uses` that are its own; `shops` whose goods it is for, none for all."""
    state, kind = _("Đang dùng được"), "good"
    if now >= voucher.valid_until:
        state, kind = _("Đã hết hạn"), "plain"
    elif now < voucher.valid_from:
        state, kind = _("Sắp tới"), "wait"
    elif voucher.uses_taken >= voucher.uses_most:
        state, kind = _("Đã hết lượt"), "plain"
    elif is_given_away(voucher):
        state, kind = _("Đã hết tiền tặng"), "plain"
    return VoucherRow(
        id=voucher.id,
        code=voucher.code.upper(),
        words=say_terms(voucher),
        state=state,
        kind=kind,
        first_day=today(voucher.valid_from),
        last_day=today(voucher.valid_until - timedelta(microseconds=1)),
        minimum_minor=voucher.minimum_minor,
        uses_taken=voucher.uses_taken,
        uses_most=voucher.uses_most,
        is_open=now < voucher.valid_until,
        uses=[use for use in uses if use.voucher_id == voucher.id],
        budget_minor=voucher.budget_minor,
        budget_taken_minor=voucher.budget_taken_minor,
        shops=shops,
    )


def say_terms(voucher: Voucher) -> Text:
    """Say what a voucher takes off."""
    if voucher.amount_minor is not None:
        return _("Giảm %(amount)s", amount=format_dong(voucher.amount_minor))
    percent = f"{voucher.percent} %"
    if voucher.most_minor is None:
        return _("Giảm %(amount)s", amount=percent)
    return _("Giảm %(percent)s, nhiều nhất %(most)s", percent=percent, most=format_dong(voucher.most_minor))

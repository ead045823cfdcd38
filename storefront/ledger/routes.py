"""The door of the books: one page for the accountant."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core.i18n import Text, _
from app.web.dependencies import DbSession
from app.web.pages import render
from storefront.ledger import accounts, service
from storefront.ledger.owners import name_owners
from storefront.ledger.pages import AccountLine, BooksPage, EntryLine, JournalLine

router = APIRouter()
NEWEST = 50
_FACTS: dict[str, Text] = {
    "receipt": _("Tiền đến"),
    "match": _("Ghép tay với đơn"),
    "return": _("Trả lại khách"),
    "sale": _("Bán hàng"),
    "sale_reversed": _("Công ty du lịch hủy hoặc đổi"),
    "account_paid": _("Công ty du lịch trả tiền"),
    "fee": _("Phí của chợ"),
    "fee_reversed": _("Hoàn phí"),
    "fee_retaken": _("Thu lại phí đã hoàn"),
    "tax": _("Giữ hộ thuế"),
    "tax_reversed": _("Hoàn thuế giữ hộ"),
    "tax_retaken": _("Giữ lại thuế đã hoàn"),
    "tax_paid": _("Nộp thuế giữ hộ"),
    "payout_sent": _("Chuyển tiền cho người bán"),
    "payout_settled": _("Tiền đã tới người bán"),
    "payout_returned": _("Tiền chuyển cho người bán bị trả về"),
    "courier_collected": _("Bên giao đã thu hộ"),
    "courier_paid": _("Tiền thu hộ đã về"),
    "courier_cleared": _("Khách không nhận, không thu hộ"),
    "refund_withdrawn": _("Cân lại, bỏ khoản trả lại cũ"),
    "refund_credited": _("Tiền trả lại, khách để dành"),
    "credit_used": _("Khách dùng tiền để dành"),
    "credit_returned": _("Tiền để dành về lại với khách"),
    "divided": _("Chia tiền bên giao cho các đơn"),
    "cash_kept": _("Tiền người bán đã cầm"),
    "cash_returned": _("Tiền mặt người bán đã trả lại khách"),
    "deposit": _("Tiền cọc"),
    "intake_settled": _("Chốt tiền cân của hộ"),
    "advance_given": _("Ứng trước cho hộ"),
    "advance_voided": _("Xóa khoản ứng ghi nhầm"),
    "advance_set_off": _("Trừ ứng trước vào tiền cân"),
    "member_paid": _("Trả tiền cân cho hộ"),
    "member_payment_returned": _("Tiền trả hộ bị trả về"),
}


@router.get("/admin/ledger", name="storefront.ledger.show")
async def show_books(
    request: Request, session: DbSession, staff: CurrentStaff, account: str | None = None
) -> Response:
    """Show the trial balance and the newest journals, or those of one account."""
    lines = [
        AccountLine(
            kind=line.kind,
            name=accounts.describe_kind(line.kind),
            debit_minor=line.debit_minor,
            credit_minor=line.credit_minor,
            balance_minor=line.balance_minor,
        )
        for line in await service.get_trial_balance(session)
    ]
    booked = await service.list_journals(session, limit=NEWEST, account=account)
    page = BooksPage(
        lines=lines,
        debit_minor=sum(line.debit_minor for line in lines),
        credit_minor=sum(line.credit_minor for line in lines),
        sum_minor=sum(line.balance_minor for line in lines),
        journals=[_describe(item) for item in booked],
        account=account,
        account_name=accounts.describe_kind(accounts.kind_of(account)) if account else None,
        account_owner=(await name_owners(session, [account]))[account] if account else "",
        account_minor=await service.balance(session, account) if account else 0,
        is_admin=staff.role is StaffRole.ADMIN,
    )
    return await render(request, page)


def _describe(item: service.BookedJournal) -> JournalLine:
    return JournalLine(
        fact=_FACTS.get(item.journal.kind) or Text(item.journal.kind),
        memo=item.journal.memo,
        occurred_at=item.journal.occurred_at,
        entries=[
            EntryLine(
                account=name,
                name=accounts.describe_kind(accounts.kind_of(name)),
                debit_minor=amount if amount > 0 else None,
                credit_minor=-amount if amount < 0 else None,
            )
            for name, amount in item.entries
        ],
    )

"""Names of accounts: each is a kind, and the ids that tell one account of that kind from another."""

from __future__ import annotations

from uuid import UUID

from app.core.i18n import Text, _

KINDS: dict[str, Text] = {
    "bank": _("Tiền trong tài khoản ngân hàng"),
    "gateway_clearing": _("Tiền thẻ, cổng thanh toán đang giữ"),
    "buyer_receivable": _("Khách còn phải trả"),
    "deposits": _("Tiền cọc của khách, chuyến chưa đi"),
    "operator_receivable": _("Công ty du lịch còn phải trả"),
    "seller_payable": _("Phải trả cho người bán"),
    "delivery_payable": _("Tiền giao hàng, phải trả người gửi"),
    "payout_in_transit": _("Tiền đang chuyển cho người bán"),
    "refund_payable": _("Phải trả lại khách"),
    "suspense_unmatched": _("Tiền đến chưa rõ của ai"),
    "platform_fee": _("Phí của chợ"),
    "marketing_expense": _("Quà chợ tặng khách, chợ trả hộ"),
    "tax_withheld": _("Thuế giữ hộ, phải nộp cho nhà nước"),
    "courier_receivable": _("Tiền thu hộ bên giao còn cầm"),
    "courier_deferred": _("Tiền thu hộ chưa về"),
    "producer_cash": _("Tiền khách đã trả tận tay người bán"),
    "store_credit": _("Tiền để dành của khách"),
    "intake_cost": _("Hàng mua vào từ các hộ"),
    "member_payable": _("Phải trả cho hộ về hàng cân vào"),
    "member_advance": _("Hộ đã ứng trước"),
    "coop_funds": _("Tiền và vật tư của hợp tác xã"),
}


def bank(bank_bin: str, account: str) -> str:
    """Money in a bank account of ours."""
    return f"bank:{bank_bin}:{account}"


def gateway_clearing(provider: str) -> str:
    """Money that a card provider took in for us and has not paid out yet."""
    return f"gateway_clearing:{provider}"


def buyer_receivable(payable_kind: str, payable_id: UUID) -> str:
    """What the payer of one order or booking owes; below zero is money that we hold for it."""
    return f"buyer_receivable:{payable_kind}:{payable_id}"


def deposits(booking_id: UUID) -> str:
    """What we hold of a booking whose rest is not paid: nobody's until it is earned or given back."""
    return f"deposits:{booking_id}"


def operator_receivable(operator_id: UUID) -> str:
    """What a tour operator owes for the bookings on its account."""
    return f"operator_receivable:{operator_id}"


def operator_receivable_prefix() -> str:
    """What the accounts of all tour operators begin with."""
    return "operator_receivable:"


def seller_payable(producer_id: UUID) -> str:
    """What we owe a producer for goods and visits."""
    return f"seller_payable:{producer_id}"


def delivery_payable(producer_id: UUID) -> str:
    """What we owe a producer for sending parcels."""
    return f"delivery_payable:{producer_id}"


def payout_in_transit(producer_id: UUID) -> str:
    """What is on its way to a producer: taken from what we owe, not yet confirmed by the bank."""
    return f"payout_in_transit:{producer_id}"


def refund_payable(payable_kind: str, payable_id: UUID) -> str:
    """What goes back to the payer of one order or booking."""
    return f"refund_payable:{payable_kind}:{payable_id}"


def suspense_unmatched() -> str:
    """Money that arrived and belongs to nobody known yet."""
    return "suspense_unmatched"


def platform_fee() -> str:
    """What the market keeps for its work."""
    return "platform_fee"


def marketing_expense() -> str:
    """What the market paid of buyers' goods by its own vouchers."""
    return "marketing_expense"


def tax_withheld(producer_id: UUID) -> str:
    """What was withheld from a household seller and is owed to the tax office."""
    return f"tax_withheld:{producer_id}"


def courier_receivable(producer_id: UUID) -> str:
    """What whoever brought a producer's parcels took from buyers and has not paid in."""
    return f"courier_receivable:{producer_id}"


def courier_deferred(producer_id: UUID) -> str:
    """The other side of it: sold, but not booked as sold before the money is here."""
    return f"courier_deferred:{producer_id}"


def producer_cash(producer_id: UUID) -> str:
    """Money of buyers that a producer has in hand: at once set off against what we owe them."""
    return f"producer_cash:{producer_id}"


def store_credit(person_id: UUID) -> str:
    """What we owe a buyer who left it with us for the next order."""
    return f"store_credit:{person_id}"


def intake_cost(producer_id: UUID) -> str:
    """What a producer bought from its member households."""
    return f"intake_cost:{producer_id}"


def member_payable(producer_id: UUID, person_id: UUID) -> str:
    """What a producer owes a member household for what it weighed in: the producer's own debt, not ours."""
    return f"member_payable:{producer_id}:{person_id}"


def member_advance(producer_id: UUID, person_id: UUID) -> str:
    """What a member household got ahead from a producer, until it is set off."""
    return f"member_advance:{producer_id}:{person_id}"


def coop_funds(producer_id: UUID) -> str:
    """The producer's own money and stores, outside the market: what it handed to its members stands at its credit."""
    return f"coop_funds:{producer_id}"


PAYABLES = ("seller_payable", "delivery_payable")
"""The kinds of what we owe a producer; their sum is what a payout may take."""


OF_PAYERS = ("buyer_receivable", "refund_payable", "deposits")
"""The kinds that have an account for each order or booking: many, and zero in the end."""


def producer_of(account: str) -> UUID:
    """The producer whose account it is; ValueError when its name ends in no id."""
    return UUID(account.rpartition(":")[2])


def kind_of(account: str) -> str:
    """The kind of an account: the word before the first colon."""
    return account.split(":", 1)[0]


def describe_kind(kind: str) -> Text:
    """A kind of account in words; one that is not in the table speaks for itself."""
    return KINDS.get(kind) or Text(kind)

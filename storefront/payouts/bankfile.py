"""The batch as a file for the bank: one transfer a line, in characters that every bank takes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

from app.core.text import to_ascii_memo
from storefront.payments import banks
from storefront.payouts.models import Payout, PayoutState

HEADS = ("name", "bank_bin", "bank", "account", "amount", "memo")
_LONGEST_NAME = 70


def make_csv(payouts: Iterable[Payout]) -> str:
    """Write what is in transit as CSV (RFC 4180); names and memos are plain letters, digits and blanks.

    So no cell begins with a sign that a spreadsheet would take for a formula, and leading zeros of an account are the
    only thing that it may still eat: open the column as text.
    """
    made = StringIO()
    writer = csv.writer(made)
    writer.writerow(HEADS)
    for payout in payouts:
        if payout.state is PayoutState.IN_TRANSIT:
            writer.writerow(
                (
                    to_ascii_memo(payout.account_name.upper(), _LONGEST_NAME),
                    payout.bank_bin,
                    to_ascii_memo(banks.name_of(payout.bank_bin), _LONGEST_NAME),
                    payout.bank_account,
                    payout.amount_minor,
                    payout.code,
                )
            )
    return made.getvalue()

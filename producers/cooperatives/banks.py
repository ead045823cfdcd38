"""The banks that take transfers by BIN (NAPAS), from `data/banks.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_LIST = Path(__file__).parent / "data" / "banks.csv"


@dataclass(frozen=True)
class Bank:
    """A bank: its six-digit BIN, and the name that its customers say."""

    bin: str
    name: str


@lru_cache(maxsize=1)
def list_banks() -> tuple[Bank, ...]:
    """List the banks by name."""
    with _LIST.open(encoding="utf-8", newline="") as file:
        banks = [Bank(row["bin"], row["short_name"]) for row in csv.DictReader(file)]
    return tuple(sorted(banks, key=lambda bank: bank.name.casefold()))


def find_bank(bin: str) -> Bank | None:  # noqa: A002 - the trade's word
    """Find a bank by its BIN."""
    return next((bank for bank in list_banks() if bank.bin == bin), None)

"""Banks of Viet Nam by their BIN (NAPAS list, `data/banks.csv`)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.core.text import fold

_LIST = Path(__file__).parent / "data" / "banks.csv"
UNKNOWN_BIN = "unknown"


@dataclass(frozen=True)
class Bank:
    """One bank: its 6-digit BIN, its short code, the name on its sign, its legal name."""

    bin: str
    code: str
    short_name: str
    name: str


@lru_cache(maxsize=1)
def load_banks() -> dict[str, Bank]:
    """Read the list once: {BIN: bank}."""
    with _LIST.open(encoding="utf-8", newline="") as file:
        return {row["bin"]: Bank(**row) for row in csv.DictReader(file)}


def name_of(bank_bin: str) -> str:
    """The name on the bank's sign; an unknown BIN stands for itself."""
    bank = load_banks().get(bank_bin)
    return bank.short_name if bank else bank_bin


def find_bin(name: str) -> str:
    """The BIN of a bank by its short name or code, however it is written; UNKNOWN_BIN when there is none."""
    wanted = fold(name)
    for bank in load_banks().values():
        if wanted in {fold(bank.short_name), fold(bank.code)}:
            return bank.bin
    return UNKNOWN_BIN


def find_first_bin(*names: str) -> str:
    """The BIN of the first of these names that is a bank's; UNKNOWN_BIN when none is."""
    found = (find_bin(name) for name in names)
    return next((bank_bin for bank_bin in found if bank_bin != UNKNOWN_BIN), UNKNOWN_BIN)

"""Looks at labels as people make them, honest and not: always the same ones for the same seed.

How often people do what is an assumption; each stands here by name, on the generous side for honest people (they look
more often, and say the province more carelessly, than we expect).
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from app.places import provinces
from traceability.labels.models import SerialState
from traceability.scans.history import Looks
from traceability.scans.judging import Issued

PRINTED = datetime(2026, 3, 2, 3, tzinfo=UTC)
CODES = [province.code for province in provinces.list_provinces()]
CITIES = ["01", "79", "31", "48", "92", "24", "22", "75"]
SAYS = 0.35
"""Who holds a pack and answers the question where."""
SAYS_BY_LINK = 0.04
"""Who was sent the link, holds nothing, and answers all the same."""
SAYS_STALE = 0.03
"""Who travelled within half a day of answering, and is taken to be where they were."""
LOCATED_WRONG = 0.1
"""What a proxy says of a phone whose carrier leads it out in another city."""
COMPUTERS = 0.08


class Crowd:
    """People who look at one label; `is_located`: a proxy names the province of those who do not."""

    def __init__(self, seed: str, *, is_located: bool = False) -> None:
        self.dice = random.Random(seed)
        self.is_located = is_located
        self.looks: list[Looks] = []

    def look(self, at: datetime, province: str, *, says: float = SAYS) -> None:
        """One person looks once, by day."""
        hour = at.replace(hour=self.dice.choice(range(1, 15)), minute=0, second=0, microsecond=0)
        is_said = self.dice.random() < says
        known = province if is_said or self.is_located else None
        if known and self.dice.random() < (SAYS_STALE if is_said else LOCATED_WRONG):
            known = self.dice.choice(CITIES)
        device = "computer" if self.dice.random() < COMPUTERS else "phone"
        self.looks.append(Looks(hour, device, known, 1, not is_said and known is not None))

    def somewhere(self, *, near: str | None = None) -> str:
        """A province: mostly the cities, or one like `near`."""
        if near and self.dice.random() < 0.6:
            return near
        return self.dice.choice(CITIES) if self.dice.random() < 0.7 else self.dice.choice(CODES)

    def share(self, at: datetime, home: str) -> None:
        """The link goes to the family's group; a few open it within the hour or the day, wherever they live."""
        for _reader in range(self.dice.randint(0, 4)):
            later = at + timedelta(days=self.dice.choice([0, 0, 0, 1]))
            self.look(later, self.somewhere(near=home), says=SAYS_BY_LINK)


def on_a_shelf(crowd: Crowd) -> Issued:
    """Staff unpack it, shoppers take it up for weeks, somebody buys it at the counter and looks at home."""
    shop = crowd.somewhere()
    start = PRINTED + timedelta(days=crowd.dice.randint(3, 20))
    for _staff in range(crowd.dice.randint(0, 3)):
        crowd.look(start, shop)
    for _shopper in range(crowd.dice.randint(0, 10)):
        crowd.look(start + timedelta(days=crowd.dice.randint(0, 40)), shop)
    bought = start + timedelta(days=crowd.dice.randint(1, 45))
    for _home in range(crowd.dice.randint(0, 4)):
        crowd.look(bought + timedelta(days=crowd.dice.randint(0, 20)), crowd.somewhere(near=shop))
    if crowd.dice.random() < 0.15:
        crowd.share(bought, shop)
    return Issued(SerialState.ISSUED, PRINTED, None)


def sent_to_a_buyer(crowd: Crowd) -> Issued:
    """Packed, sold, and looked at by a household for months; the link goes round now and then."""
    sold = PRINTED + timedelta(days=crowd.dice.randint(2, 30))
    home = crowd.somewhere()
    for _member in range(crowd.dice.randint(0, 6)):
        crowd.look(sold + timedelta(days=crowd.dice.randint(2, 60)), home)
    if crowd.dice.random() < 0.3:
        crowd.share(sold + timedelta(days=4), home)
    return Issued(SerialState.SOLD, PRINTED, sold)


def given_as_a_gift(crowd: Crowd) -> Issued:
    """Bought in one province, carried to another, opened among colleagues, and given on once more at times."""
    sold = PRINTED + timedelta(days=crowd.dice.randint(2, 30))
    at = sold + timedelta(days=3)
    home = crowd.somewhere()
    for _buyer in range(crowd.dice.randint(1, 3)):
        crowd.look(at, home)
    for _owner in range(crowd.dice.randint(1, 2)):
        at += timedelta(days=crowd.dice.randint(1, 15))
        place = crowd.somewhere()
        for _colleague in range(crowd.dice.randint(1, 8)):
            crowd.look(at + timedelta(days=crowd.dice.choice([0, 0, 0, 1, 5])), place)
        if crowd.dice.random() < 0.3:
            crowd.share(at, place)
    return Issued(SerialState.SOLD, PRINTED, sold)


def open_at_a_fair(crowd: Crowd) -> Issued:
    """A pack for show: forty people look at it in a day or two, at one place."""
    place = crowd.somewhere()
    start = PRINTED + timedelta(days=crowd.dice.randint(2, 30))
    for _guest in range(crowd.dice.randint(10, 60)):
        crowd.look(start + timedelta(days=crowd.dice.randint(0, 1)), place)
    return Issued(SerialState.ISSUED, PRINTED, None)


HONEST = {
    "on a shelf": on_a_shelf,
    "sent to a buyer": sent_to_a_buyer,
    "given as a gift": given_as_a_gift,
    "open at a fair": open_at_a_fair,
}


def copied(crowd: Crowd, *, packs: int, is_sold: bool) -> Issued:
    """One label on so many packs, sold within three weeks in three to eight provinces; a quarter of the buyers look."""
    sold = PRINTED + timedelta(days=5)
    markets = [crowd.somewhere() for _market in range(crowd.dice.randint(3, 8))]
    for _pack in range(packs):
        if crowd.dice.random() < 0.25:
            at = sold + timedelta(days=crowd.dice.randint(10, 31))
            for _look in range(crowd.dice.randint(1, 2)):
                crowd.look(at, crowd.dice.choice(markets))
    return Issued(SerialState.SOLD if is_sold else SerialState.ISSUED, PRINTED, sold if is_sold else None)

"""How often honest labels are called suspicious, and copied ones are found: the figures of decision 0021."""

from __future__ import annotations

import pytest

from tests.traceability.scans import simulation
from tests.traceability.scans.simulation import HONEST, Crowd
from traceability.scans.judging import judge

HONEST_LABELS = 1_000
COPIED_LABELS = 200


def false_alarms(kind: str, *, is_located: bool) -> float:
    """Which share of honest labels of one kind is called suspicious."""
    wrong = 0
    for number in range(HONEST_LABELS):
        crowd = Crowd(f"{kind}/{number}", is_located=is_located)
        label = HONEST[kind](crowd)
        wrong += judge(crowd.looks, label).is_suspicious
    return wrong / HONEST_LABELS


def found(packs: int, *, is_sold: bool, is_located: bool) -> float:
    """Which share of labels is called suspicious that stand on so many packs."""
    hits = 0
    for number in range(COPIED_LABELS):
        crowd = Crowd(f"{packs}/{number}", is_located=is_located)
        label = simulation.copied(crowd, packs=packs, is_sold=is_sold)
        hits += judge(crowd.looks, label).is_suspicious
    return hits / COPIED_LABELS


@pytest.mark.parametrize("is_located", [False, True])
@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("on a shelf", 0.02),
        ("sent to a buyer", 0.005),
        ("given as a gift", 0.03),
        ("open at a fair", 0.04),
    ],
)
def test_honest_labels_are_seldom_suspected(kind: str, most: float, *, is_located: bool) -> None:
    """Shelves, households, gifts and fairs raise few false alarms, also where a proxy names provinces badly."""
    assert false_alarms(kind, is_located=is_located) <= most


@pytest.mark.parametrize("is_located", [False, True])
@pytest.mark.parametrize(
    ("packs", "is_sold", "least"),
    [
        (20, True, 0.04),
        (50, True, 0.2),
        (100, False, 0.4),
        (100, True, 0.7),
        (200, False, 0.8),
        (500, True, 0.99),
    ],
)
def test_copied_labels_are_found(packs: int, is_sold: bool, least: float, *, is_located: bool) -> None:  # noqa: FBT001 - pytest names it
    """The more packs carry one label, the surer it is found; of five hundred hardly one spool escapes."""
    assert found(packs, is_sold=is_sold, is_located=is_located) >= least

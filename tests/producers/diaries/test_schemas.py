"""What people type about their work, and what is kept of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core.fields import explain
from app.core.ids import uuid7
from producers.diaries.fields import ASKED, Widget, shown_values
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.schemas import COLUMNS, WORKS, EntryForm, Harvest, Process, Stock, Water
from tests.factories.works import SAMPLES

HEAD = {"id": str(uuid7()), "site_id": str(uuid7()), "performed_on": "2026-11-12"}


def refusals(schema, **typed):
    """What is said beside each field."""
    with pytest.raises(ValidationError) as caught:
        schema.model_validate(typed)
    return {name: str(words) for name, words in explain(caught.value).items()}


@pytest.mark.parametrize(
    ("typed", "count"), [("2.000", 2000), ("2000", 2000), ("1.500", 1500), ("10.000", 10_000), ("7", 7)]
)
def test_a_dot_marks_thousands_of_whole_things(typed, count):
    """Two thousand fish are written "2.000 con": never two fish."""
    work = Stock.model_validate({"count": typed, "mean_weight_g": "200 g", "origin": "Sa Pa"})
    assert work.count == count


@pytest.mark.parametrize("typed", ["hai", "1,5", "-3", "", "3 kg"])
def test_a_count_that_is_no_whole_number_is_asked_for_again(typed):
    """Half a fish, or a word, is answered with an example."""
    said = refusals(Harvest, quantity_g="10 kg", count=typed)
    assert said == {"count": "Bạn gõ một con số, ví dụ 12."}


def test_figures_out_of_range_name_the_range():
    """Water of 80 °C, or a catch of nothing, is a slip of the finger; the range is said as it is typed."""
    said = refusals(Water, temperature_tenths="80", ph_hundredths="14,5")
    assert said == {
        "temperature_tenths": "Con số này phải từ 0 đến 35.",
        "ph_hundredths": "Con số này phải từ 0 đến 14.",
    }
    said = refusals(Harvest, quantity_g="30 tấn", count="0")
    assert said["quantity_g"].replace("\u00a0", " ") == "Cân nặng này phải từ 1 g đến 20.000 kg."
    assert said["count"] == "Con số này phải từ 1 đến 10.000.000."


def test_a_fine_figure_is_answered_with_an_example_of_its_own_places():
    """The pH is kept to two places; a third is asked for again with an example that has two."""
    assert refusals(Water, ph_hundredths="7,123") == {"ph_hundredths": "Bạn gõ một con số, ví dụ 12,34."}


def test_water_needs_one_figure_at_least():
    """A measurement that measured nothing is no record; any one figure is enough."""
    assert "ít nhất một số đo" in refusals(Water)[""]
    assert Water.model_validate({"oxygen_tenths": "7,5"}).oxygen_tenths == 75


def test_what_comes_out_is_never_heavier_than_what_went_in():
    """Twelve kilos of smoked fish do not come out of ten; the same weight may."""
    given_work = {"method": "hun khói", "input_g": "10 kg"}
    assert "không thể nặng hơn" in refusals(Process, **given_work, quantity_g="12 kg")[""]
    assert Process.model_validate({**given_work, "quantity_g": "10 kg"}).quantity_g == 10_000


@pytest.mark.parametrize(
    ("typed", "minute"),
    [("7", 420), ("7h30", 450), ("07:30", 450), ("16g5", 965), ("0:00", 0), ("23:59", 1439)],
)
def test_an_hour_is_read_as_people_write_it(typed, minute):
    """People write an hour as "7", "7h30", "07:30" or "16g5"."""
    assert EntryForm.model_validate(HEAD | {"performed_hour": typed}).performed_hour == minute


@pytest.mark.parametrize("typed", ["24:00", "7:60", "sáng", "-1", "7:x"])
def test_an_hour_that_no_clock_shows_is_asked_for_again(typed):
    """No clock shows 24:00 or 7:60."""
    assert "Giờ này chưa đúng" in refusals(EntryForm, **HEAD, performed_hour=typed)["performed_hour"]


def kept_entry(kind, work):
    """The entry as the diary would keep this work."""
    details = {name: value for name, value in work.model_dump(mode="json").items() if name not in COLUMNS}
    return DiaryEntry(
        kind=kind,
        input_id=getattr(work, "input_id", None),
        quantity_g=getattr(work, "quantity_g", None),
        details=details,
    )


@pytest.mark.parametrize("kind", list(EntryKind))
def test_each_kind_asks_for_exactly_its_own_fields(kind):
    """Nothing is kept that was not asked, and nothing is asked in vain."""
    assert {asked.name for asked in ASKED[kind]} == set(WORKS[kind].model_fields)


@pytest.mark.parametrize("kind", list(EntryKind))
def test_what_a_correction_shows_means_the_same_when_sent_unchanged(kind):
    """The form of a correction, sent as it stands, records the very same work."""
    typed = SAMPLES[kind] | ({"input_id": str(uuid7())} if "input_id" in WORKS[kind].model_fields else {})
    work = WORKS[kind].model_validate(typed)
    shown = {name: value for name, value in shown_values(kept_entry(kind, work)).items() if value}
    assert WORKS[kind].model_validate(shown) == work


@given(st.integers(1, 20_000_000), st.integers(1, 10_000_000))
def test_large_catches_survive_a_correction(grams, count):
    """Tonnes and thousands in the form of a correction are neither refused nor made small."""
    work = Harvest(quantity_g=grams, count=count)
    assert Harvest.model_validate(shown_values(kept_entry(EntryKind.HARVEST, work))) == work


def test_what_was_not_measured_is_shown_empty():
    """A figure that nobody took leaves its field empty."""
    shown = shown_values(kept_entry(EntryKind.WATER, Water(temperature_tenths=125)))
    assert shown == {"temperature_tenths": "12,5", "oxygen_tenths": "", "ph_hundredths": ""}
    assert {asked.widget for asked in ASKED[EntryKind.WATER]} == {Widget.FIGURE}

"""What is typed in the diary's forms."""

from datetime import date, datetime, timedelta

import pytest
from pydantic import ValidationError

from app.core.clock import VN
from app.core.fields import explain
from app.core.ids import uuid7
from producers.diaries.fields import ASKED
from producers.diaries.models import EntryKind
from producers.diaries.schemas import WORKS, EntryForm, Fix, Pick, Process, Spray, Water
from producers.diaries.when import hour_said, performed_at
from tests.factories.producers import NOW


def test_figures_are_read_as_people_type_them():
    """A Vietnamese comma and a point are one; the figure is kept as a whole number of its unit."""
    water = Water.model_validate(
        {"temperature_tenths": "14,5", "oxygen_tenths": "8.2", "ph_hundredths": "7,05"}
    )
    assert (water.temperature_tenths, water.oxygen_tenths, water.ph_hundredths) == (145, 82, 705)
    assert Pick.model_validate({"quantity_g": "12,5 kg", "standard": "bud"}).quantity_g == 12_500


@pytest.mark.parametrize(
    ("schema", "typed", "field", "words"),
    [
        (Fix, {"temperature_c": "900", "minutes": "5"}, "temperature_c", "từ 0 đến 500"),
        (Fix, {"temperature_c": "280", "minutes": "lâu"}, "minutes", "ví dụ 12"),
        (Water, {"temperature_tenths": "14,55"}, "temperature_tenths", "ví dụ 12,3"),
        (Water, {"ph_hundredths": "15"}, "ph_hundredths", "từ 0 đến 14"),
        (Water, {}, "", "ít nhất một số đo"),
        (Pick, {"quantity_g": "0", "standard": "bud"}, "quantity_g", "từ 1\u00a0g đến 20.000\u00a0kg"),
        (Pick, {"quantity_g": "nhiều", "standard": "bud"}, "quantity_g", "chưa đọc được"),
        (Pick, {"quantity_g": "5", "standard": "xấu"}, "standard", "một trong các ô"),
        (Pick, {"standard": "bud"}, "quantity_g", "chưa điền"),
        (Process, {"method": "x", "input_g": "1", "quantity_g": "2"}, "", "không thể nặng hơn"),
        (Spray, {"input_id": "x"}, "input_id", "một trong các ô"),
    ],
)
def test_what_cannot_be_is_said_plainly(schema, typed, field, words):
    """Each mistake has its words, beside its field."""
    with pytest.raises(ValidationError) as caught:
        schema.model_validate(typed)
    assert words in str(explain(caught.value)[field])


def test_every_kind_asks_for_exactly_what_it_keeps():
    """The form of a kind has the fields of its shape, and asks for those that are required."""
    assert set(ASKED) == set(WORKS) == set(EntryKind)
    for kind, work in WORKS.items():
        asked = {one.name: one.is_required for one in ASKED[kind]}
        assert asked == {name: field.is_required() for name, field in work.model_fields.items()}, kind


@pytest.mark.parametrize(("typed", "minute"), [("7", 420), ("7h30", 450), ("07:30", 450), ("18g", 1080)])
def test_hours_are_read_as_people_type_them(typed, minute):
    """Hours with h, g, colon or alone."""
    form = {"id": uuid7(), "site_id": uuid7(), "performed_on": "2026-11-12", "performed_hour": typed}
    assert EntryForm.model_validate(form).performed_hour == minute


@pytest.mark.parametrize("typed", ["25", "7:75", "sáng", ":30"])
def test_hours_that_cannot_be_are_refused(typed):
    """No such hour on the clock."""
    form = {"id": uuid7(), "site_id": uuid7(), "performed_on": "2026-11-12", "performed_hour": typed}
    with pytest.raises(ValidationError):
        EntryForm.model_validate(form)


def test_a_day_without_an_hour_puts_the_harvest_after_the_spray():
    """On an earlier day in unknown order, the harvest is the later; other work is at noon, today is now."""
    on = date(2026, 11, 10)
    spray, harvest = (performed_at(kind, on, None, NOW) for kind in (EntryKind.SPRAY, EntryKind.PICK))
    assert spray == datetime(2026, 11, 10, tzinfo=VN) and harvest - spray == timedelta(hours=23, minutes=59)
    assert performed_at(EntryKind.WEED, on, None, NOW).hour == 12
    assert performed_at(EntryKind.SPRAY, date(2026, 11, 12), None, NOW) == NOW
    named = performed_at(EntryKind.SPRAY, on, 450, NOW)
    assert hour_said(EntryKind.SPRAY, named) == "07:30" and hour_said(EntryKind.SPRAY, spray) == ""

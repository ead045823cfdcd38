"""Field types: what people type becomes a value or words beside the field."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated
from uuid import UUID

import pytest
from pydantic import Field, StringConstraints, ValidationError

from app.core.fields import Count, Day, Dong, FieldError, FormModel, Grams, Instant, Phone, explain
from app.core.i18n import Text
from app.core.settings import Environment


class Everything(FormModel):
    """One field of each type."""

    phone: Phone = "+84912345678"
    price: Dong = 1
    weight: Grams = 1
    count: Count = 1
    name: Annotated[str, StringConstraints(min_length=1, max_length=5)] = "x"
    on: date = date(2026, 1, 1)
    at: datetime = datetime(2026, 1, 1)  # noqa: DTZ001 - a field's default
    choice: Environment = Environment.DEVELOPMENT
    ref: UUID | None = None
    ratio: float = 0.0
    starts: time = time(7)
    seats: Annotated[Count, Field(ge=1, le=60)] = 1
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("phone", "0912 345 678", "+84912345678"),
        ("price", "350k", 350_000),
        ("price", "1tr2", 1_200_000),
        ("price", 5, 5),
        ("weight", "12,5 kg", 12_500),
        ("weight", 7, 7),
        ("count", "1.200", 1200),
        ("count", 3, 3),
    ],
)
def test_typed_words_become_values(field: str, typed: object, value: object) -> None:
    """Prices, weights, counts and phones are read as people write them."""
    assert getattr(Everything.model_validate({field: typed}), field) == value


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("phone", "12", "Số điện thoại"),
        ("price", "mấy đồng", "chưa đọc được"),
        ("price", "20 tỷ", "lớn quá"),
        ("weight", "nặng", "chưa đọc được"),
        ("count", "1,5", "số nguyên"),
        ("count", "1.5", "số nguyên"),
        ("count", "9999999999", "số nguyên"),
        ("name", "", "chưa điền"),
        ("name", "quá dài rồi", "dài quá"),
        ("on", "hôm kia", "Ngày này"),
        ("at", "x", "Giờ này"),
        ("choice", "x", "chọn một"),
        ("ref", "x", "chọn một"),
        ("ratio", "x", "chưa đúng"),
        ("starts", "25:00", "Giờ này"),
        ("seats", "0", "ít nhất là 1."),
        ("seats", "61", "nhiều nhất là 60."),
        ("share", "0", "nhỏ quá"),
        ("share", "1", "lớn quá"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(field: str, typed: str, said: str) -> None:
    """Each wrong field has plain words under its own name."""
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({field: typed})
    words = explain(caught.value)
    assert list(words) == [field]
    assert said in str(words[field])


def test_days_and_instants_lie_in_our_times() -> None:
    """A year that nobody means is said to be wrong; a day of ours is taken."""

    class When(FormModel):
        on: Day = date(2026, 1, 1)
        at: Instant = datetime(2026, 1, 1, tzinfo=UTC)

    given = {"on": "2026-11-12", "at": "2026-11-12T09:00:00+07:00"}
    read = When.model_validate(given)
    assert (read.on, read.at) == (date(2026, 11, 12), datetime(2026, 11, 12, 2, tzinfo=UTC))
    for name, typed in (("on", "0001-01-01"), ("at", "9999-12-31T00:00:00Z")):
        with pytest.raises(ValidationError) as caught:
            When.model_validate({name: typed})
        assert "chưa đúng" in str(explain(caught.value)[name])


def test_a_whole_forms_fault_stands_above_it() -> None:
    """A fault of no single field has the empty name."""
    error = FieldError(Text("cả phiếu"))
    assert error.message.msgid == str(error) == "cả phiếu"
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate([])
    assert list(explain(caught.value)) == [""]

"""What comes in: a way of delivery as a producer types it."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from app.core.fields import Count, Dong, FieldError, FormModel
from app.core.i18n import _
from app.core.money import MoneyError, parse_dong
from app.core.quantity import QuantityError, parse_grams, retype_grams
from producers.listings.models import Temperature
from storefront.delivery.models import MethodKind, Zone
from storefront.delivery.service import Terms
from storefront.delivery.ways import MOST_CUTOFF_DAYS, Step

MOST_STEPS = 12
MOST_FEE = 100_000_000
_LAST_HOUR = 23
_WEIGHT = r"[\d.,]+\s*(?:kg|g|ký|ky|cân|can|yến|yen|tạ|ta)"
_LINE = re.compile(
    rf"(?:(?:đến|tới|den|toi)\s+)?(?P<weight>{_WEIGHT})\s*[:=\s]\s*(?P<fee>\S.*)", re.IGNORECASE
)
_ROW = tuple[int | None, int]


def read_rows(text: object) -> tuple[_ROW, ...]:
    """Read prices, one on a line: "2 kg: 30k", or "30k" alone for any weight; (grams or None, đồng), as they stand."""
    typed = "\n".join(text) if isinstance(text, list) else str(text)
    rows = [_read_row(line.strip()) for line in typed.splitlines() if line.strip()]
    if len({weight for weight, _fee in rows}) < len(rows):
        raise FieldError(_("Có hai giá cho cùng một mức cân. Bạn bỏ bớt một dòng nhé."))
    if len(rows) > MOST_STEPS:
        raise FieldError(_("Nhiều dòng quá. Bạn gộp lại còn nhiều nhất 12 dòng nhé."))
    return tuple(rows)


def _read_row(line: str) -> _ROW:
    parted = _LINE.fullmatch(line)
    try:
        weight = parse_grams(parted["weight"]) if parted else None
        fee = parse_dong(parted["fee"] if parted else line)
    except (QuantityError, MoneyError) as error:
        raise _unreadable() from error
    if fee > MOST_FEE or weight == 0:
        raise _unreadable()
    return weight, fee


def _unreadable() -> FieldError:
    return FieldError(_("Có dòng chưa đọc được. Bạn ghi mỗi dòng một mức, ví dụ 2 kg: 30k."))


def type_rows(steps: tuple[Step, ...], zone: Zone) -> str:
    """Prices of a zone as they are typed."""
    own = [step for step in steps if step.zone is zone]
    return "\n".join(
        f"{step.fee_minor:,}".replace(",", ".")
        if step.up_to_g is None
        else f"{retype_grams(step.up_to_g)}: " + f"{step.fee_minor:,}".replace(",", ".")
        for step in own
    )


def _hour(value: int) -> int:
    if value > _LAST_HOUR:
        raise FieldError(_("Giờ từ 0 đến 23."))
    return value


def _days_before(value: int) -> int:
    if value > MOST_CUTOFF_DAYS:
        raise FieldError(_("Nhiều nhất 14 ngày trước."))
    return value


Rows = Annotated[tuple[_ROW, ...], BeforeValidator(read_rows)]


class MethodFields(FormModel):
    """A way of delivery: prices per zone in lines, or one `fee_minor` for what is fetched; weekdays from 0, Monday."""

    name: str = Field(min_length=1, max_length=60)
    kind: MethodKind
    place: str = Field("", max_length=160, validate_default=True)
    carries: list[Temperature] = Field(default_factory=list, validate_default=True)
    commune_prices: Rows = ()
    province_prices: Rows = ()
    region_prices: Rows = ()
    rest_prices: Rows = ()
    fee_minor: Dong = 0
    free_from_minor: Dong | None = None
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(default_factory=list)
    cutoff_days: Annotated[Count, AfterValidator(_days_before)] = 1
    cutoff_hour: Annotated[Count, AfterValidator(_hour)] = 17

    @field_validator("place")
    @classmethod
    def _somewhere(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("kind", MethodKind.SENT) is not MethodKind.SENT:
            raise FieldError(_("Khách tới đâu lấy hàng? Bạn ghi chỗ lấy giúp nhé."))
        return value

    @field_validator("carries")
    @classmethod
    def _something(cls, value: list[Temperature]) -> list[Temperature]:
        if not value:
            raise FieldError(_("Cách này chở được hàng gì? Bạn chọn ít nhất một thứ nhé."))
        return value

    @field_validator("free_from_minor")
    @classmethod
    def _from_something(cls, value: int | None) -> int | None:
        return value or None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind is MethodKind.SENT and not self.to_steps():
            raise FieldError(_("Bạn ghi giá gửi cho ít nhất một nơi nhé. Gửi không lấy tiền thì ghi 0."))
        return self

    def to_steps(self) -> tuple[Step, ...]:
        """The prices: of each zone, or the one of what is fetched."""
        if self.kind is not MethodKind.SENT:
            return (Step(Zone.REST, None, self.fee_minor),)
        rows = {
            Zone.COMMUNE: self.commune_prices,
            Zone.PROVINCE: self.province_prices,
            Zone.REGION: self.region_prices,
            Zone.REST: self.rest_prices,
        }
        return tuple(Step(zone, *row) for zone, of_zone in rows.items() for row in of_zone)

    def to_terms(self) -> Terms:
        """The same for the service; a place counts only where something is fetched."""
        return Terms(
            name=self.name,
            kind=self.kind,
            place="" if self.kind is MethodKind.SENT else self.place,
            carries=frozenset(self.carries),
            weekdays=frozenset(self.weekdays),
            cutoff_days=self.cutoff_days,
            cutoff_hour=self.cutoff_hour,
            free_from_minor=self.free_from_minor,
            steps=self.to_steps(),
        )


class RegionFields(FormModel):
    """The provinces (codes) that a producer calls near."""

    near: list[Annotated[str, Field(max_length=2)]] = Field(default_factory=list)

"""What comes into farms: the shapes of their forms, positions in millionths of a degree (WGS 84)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from app.core import quantity
from app.core.fields import Count, FieldError, FormModel
from app.core.i18n import Text, _
from producers.farms.models import Crop, SiteKind

_MICRO = 6
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]


def _degrees(low: int, high: int, example: Text) -> BeforeValidator:
    """Read degrees between `low` and `high` into millionths; a whole number is in millionths already."""

    def read(value: Any) -> int:
        if isinstance(value, int):
            return value
        try:
            micro = quantity.parse_decimal_scaled(str(value), _MICRO)
        except quantity.QuantityError as error:
            raise FieldError(example) from error
        if not low * 10**_MICRO <= micro <= high * 10**_MICRO:
            raise FieldError(_("Vị trí này nằm ngoài Việt Nam. Bạn xem lại giúp nhé."))
        return micro

    return BeforeValidator(read)


# The box around Viet Nam with its islands.
Latitude = Annotated[int, _degrees(6, 24, _("Bạn gõ vĩ độ như 22,3364."))]
Longitude = Annotated[int, _degrees(101, 118, _("Bạn gõ kinh độ như 103,8440."))]


class NewFarm(FormModel):
    """A household's place; `owner_id` names the member household, if it is one's."""

    name: Name
    commune_code: str
    hamlet: Name
    owner_id: UUID | None = None
    latitude_e6: Latitude | None = None
    longitude_e6: Longitude | None = None
    altitude_m: Annotated[Count, Field(le=3200)] | None = None

    @model_validator(mode="after")
    def _position_is_whole(self) -> NewFarm:
        if (self.latitude_e6 is None) != (self.longitude_e6 is None):
            raise FieldError(_("Vị trí cần đủ cả vĩ độ và kinh độ, hoặc để trống cả hai."))
        return self


class NewSite(FormModel):
    """A plot (with its area) or a pond, tank, raceway, cage (with its volume)."""

    name: Name
    kind: SiteKind
    crop: Crop
    variety: str = Field("", max_length=120)
    area_m2: Annotated[Count, Field(gt=0, le=10_000_000)] | None = None
    volume_m3: Annotated[Count, Field(gt=0, le=1_000_000)] | None = None
    planted_year: Annotated[Count, Field(ge=1700, le=2100)] | None = None
    planting_area_code: str | None = Field(None, max_length=40)

    @model_validator(mode="after")
    def _size_fits_kind(self) -> NewSite:
        is_plot = self.kind is SiteKind.PLOT
        if is_plot != (self.crop is Crop.TEA):
            raise FieldError(_("Chè trồng trên lô vườn, cá nuôi trong ao, bể, mương hay lồng."))
        if is_plot and (self.area_m2 is None or self.volume_m3 is not None):
            raise FieldError(_("Lô vườn thì ghi diện tích (mét vuông), để trống ô thể tích."))
        if not is_plot and (self.volume_m3 is None or self.area_m2 is not None):
            raise FieldError(_("Nơi nuôi cá thì ghi thể tích nước (mét khối), để trống ô diện tích."))
        return self

"""What comes into inputs: the shape of the form."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from app.core.fields import Count, FieldError, FormModel
from app.core.i18n import _
from producers.farms.models import Crop
from producers.inputs.models import InputKind


class NewInput(FormModel):
    """A product as its label names it, and the wait that the label asks of one crop: days or degree-days."""

    kind: InputKind
    name: Annotated[str, StringConstraints(min_length=1, max_length=160)]
    active_ingredient: str = Field("", max_length=160)
    registration: str = Field("", max_length=80)
    crop: Crop | None = None
    days: Annotated[Count, Field(le=365)] | None = None
    degree_days: Annotated[Count, Field(gt=0, le=5000)] | None = None

    @model_validator(mode="after")
    def _interval_is_one(self) -> NewInput:
        if self.days is not None and self.degree_days is not None:
            raise FieldError(_("Bạn ghi thời gian cách ly theo ngày hoặc theo độ-ngày, không ghi cả hai."))
        has_interval = self.days is not None or self.degree_days is not None
        if has_interval and self.crop is None:
            raise FieldError(_("Bạn chọn thời gian cách ly này là cho chè hay cho cá nào."))
        if self.kind in {InputKind.PESTICIDE, InputKind.DRUG} and not has_interval:
            raise FieldError(
                _("Thuốc phải có thời gian cách ly. Bạn xem trên nhãn; nhãn ghi không cần thì gõ 0 ngày.")
            )
        return self

"""What comes into certificates: the shape of the form."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.core.fields import Count, FieldError, FormModel
from app.core.i18n import _
from producers.certificates.models import CertificateKind

Words = Annotated[str, StringConstraints(min_length=1, max_length=160)]


class NewCertificate(FormModel):
    """A paper: OCOP has 3 to 5 stars, the others have none; it ends on a day, that day included."""

    kind: CertificateKind
    number: Words
    issuer: Words
    stars: Annotated[Count, Field(ge=3, le=5)] | None = None
    valid_from: date
    valid_until: date
    farm_id: UUID | None = None

    @model_validator(mode="after")
    def _fits(self) -> NewCertificate:
        if (self.kind is CertificateKind.OCOP) != (self.stars is not None):
            raise FieldError(_("OCOP cần ghi số sao (3, 4 hoặc 5); giấy khác thì để trống ô sao."))
        if self.valid_until < self.valid_from:
            raise FieldError(_("Ngày hết hạn phải sau ngày cấp."))
        return self

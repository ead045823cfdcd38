"""Pages of certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from producers.certificates.models import Certificate


@dataclass(frozen=True)
class CertificateLine:
    """A certificate as the list shows it."""

    certificate: Certificate
    words: Text
    state: Text
    state_kind: str


@dataclass(frozen=True, kw_only=True)
class CertificatesPage(Page):
    """The producer's papers."""

    template: ClassVar[str] = "producers/certificates.html"
    area: ClassVar[str] = "farmer"
    lines: Sequence[CertificateLine]
    can_add: bool


@dataclass(frozen=True, kw_only=True)
class CertificateFormPage(Page):
    """A new certificate."""

    template: ClassVar[str] = "producers/certificate_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    kinds: Sequence[tuple[str, Text]]
    farms: Sequence[tuple[str, str]]
    kept: Sequence[UUID]

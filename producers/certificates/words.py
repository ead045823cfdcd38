"""What certificates are called."""

from __future__ import annotations

from app.core.i18n import Text, _
from producers.certificates.models import Certificate, CertificateKind

KIND_WORDS = {
    CertificateKind.VIETGAP: _("VietGAP"),
    CertificateKind.ORGANIC: _("Hữu cơ"),
    CertificateKind.OCOP: _("OCOP"),
    CertificateKind.FOOD_SAFETY: _("An toàn thực phẩm"),
}


def badge_words(certificate: Certificate) -> Text:
    """What a badge says: "OCOP 4 sao", "VietGAP"."""
    if certificate.kind is CertificateKind.OCOP:
        return _("OCOP %(stars)s sao", stars=certificate.stars)
    return KIND_WORDS[certificate.kind]

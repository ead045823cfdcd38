"""What sites and crops are called."""

from __future__ import annotations

from app.core.i18n import _
from producers.farms.models import Crop, SiteKind

CROP_WORDS = {Crop.TEA: _("Chè"), Crop.STURGEON: _("Cá tầm"), Crop.SALMON: _("Cá hồi")}
SITE_WORDS = {
    SiteKind.PLOT: _("Lô vườn"),
    SiteKind.POND: _("Ao"),
    SiteKind.TANK: _("Bể"),
    SiteKind.RACEWAY: _("Mương nước chảy"),
    SiteKind.CAGE: _("Lồng"),
}

"""What grades are called."""

from __future__ import annotations

from app.core.i18n import _
from producers.intake.models import Grade

GRADE_WORDS = {
    Grade.BUD: _("Búp một tôm"),
    Grade.ONE_LEAF: _("Búp một tôm một lá"),
    Grade.TWO_LEAVES: _("Búp một tôm hai, ba lá"),
    Grade.FISH: _("Cá"),
}

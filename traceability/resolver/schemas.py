"""What comes in at the resolver's own forms."""

from __future__ import annotations

from app.core.fields import FormModel


class PlaceForm(FormModel):
    """In which province a pack is held, and the page (path and query) to come back to."""

    province: str = ""
    back: str = ""

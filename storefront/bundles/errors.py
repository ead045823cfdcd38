"""What boxes refuse."""

from __future__ import annotations

from uuid import UUID

from app.core.errors import ConflictError
from storefront.bundles.obstacles import Obstacle
from storefront.bundles.words import say_obstacle


class ContentMissingError(ConflictError):
    """A box with a content that is not sold now; the words name it."""

    def __init__(self, variant_id: UUID, title: str, obstacle: Obstacle) -> None:
        super().__init__(say_obstacle(title, obstacle), code="content_missing")
        self.variant_id = variant_id

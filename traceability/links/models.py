"""The table of links that producers add."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class ProducerLink(Identified, Base):
    """A link that a producer hung on a code of its own."""

    __tablename__ = "producer_links"
    __table_args__ = (
        CheckConstraint("href LIKE 'https://%'", name="href_is_https"),
        Index(
            "uq_producer_links_standing",
            "anchor",
            "link_type",
            "href",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    anchor: Mapped[str]
    """The path of the Digital Link that it hangs on, in its plain form ("/01/09521234000013/10/L1")."""
    link_type: Mapped[str]
    """A link type of the GS1 Web Vocabulary, the bare word."""
    href: Mapped[str]
    """Where it leads; `{gtin} {lot} {serial} {key}` are filled from what was scanned."""
    title: Mapped[str]
    hreflang: Mapped[list[str]]
    """Languages of the target ("vi", "en-GB"); empty when it has none or all."""
    media_type: Mapped[str | None]
    context: Mapped[list[str]]
    """For whom it is meant (countries as ISO 3166-1 alpha-2, say); empty for everybody."""
    fwqs: Mapped[bool]
    """Whether the caller's query goes on to the target (GS1: forward query strings)."""
    is_public: Mapped[bool]
    """Whether lists show it; one that is not public answers only to whoever asks for its type."""
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

"""What a program's key may see."""

from __future__ import annotations

from app.accounts.models import ApiKey, KeyKind
from traceability.events import service
from traceability.events.repository import Sight


def sight_of_key(key: ApiKey) -> Sight:
    """An inspector sees all; anybody else what it captured, its producer's events, and trade in which its party stands."""
    if key.kind is KeyKind.INSPECTOR:
        return service.see_all()
    owners = {key.id} | ({key.subject_id} if key.subject_id else set())
    return service.sight_of(owners, [key.party] if key.party else [])

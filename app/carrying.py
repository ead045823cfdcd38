"""The command's way for a carried file: the same delivery as the page's, without a browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.core.errors import InvalidError
from app.core.settings import Settings
from app.main import create_app
from app.offline import carrying
from app.offline.delivery import Outcome
from app.wiring import make_house

MARKS = {Outcome.STORED: "✓", Outcome.REFUSED: "✗", Outcome.LATER: "…"}


class NotTakenError(Exception):
    """Nothing of the file was taken; the text says why, for the person at the keyboard."""


async def carry(settings: Settings, url: str, text: str) -> tuple[list[str], bool]:
    """Deliver a file; answers a line for each record, and whether all of them are in the books.

    Raises NotTakenError for a file that is none of ours or whose signature does not hold.
    """
    house = make_house(settings, url, pool_size=5)
    try:
        host = urlsplit(settings.public_url).netloc
        records = await carrying.carry(house, create_app(house), text, host=host, now=house.clock.now())
    except InvalidError as error:
        raise NotTakenError(house.catalogue.translate(error.message, "vi")) from error
    finally:
        await house.database.close()
    said = house.catalogue.translate
    lines = []
    for record in records:
        words = [record.message, *(said(one, "vi") for one in record.refused_files)]
        lines.append(" ".join([MARKS[record.state], record.title, *filter(None, words)]))
    is_whole = all(record.state is Outcome.STORED and not record.refused_files for record in records)
    return lines, is_whole

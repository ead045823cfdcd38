"""Inputs and their waits."""

import pytest
from pydantic import ValidationError

from app.core.ids import uuid7
from producers.farms.models import Crop
from producers.inputs import service
from producers.inputs.errors import InputNotFoundError
from producers.inputs.models import InputKind
from producers.inputs.schemas import NewInput
from tests.factories.producers import NOW, make_input, make_producer

SPRAY = {"kind": "pesticide", "name": "Abamectin", "crop": "tea", "days": "7"}


async def test_inputs_are_ones_own_or_the_houses(session):
    """A producer sees its own and the house's, by name; another's do not exist."""
    mine, other = await make_producer(session), await make_producer(session)
    own = await service.create_input(
        session, producer_id=mine.id, product=NewInput.model_validate(SPRAY), now=NOW
    )
    shared = await make_input(session, name="Đạm cá", kind=InputKind.FERTILISER)
    await make_input(session, name="Của người khác", producer_id=other.id)
    assert await service.list_inputs(session, producer_id=mine.id) == [own, shared]
    assert await service.list_inputs(session, producer_id=mine.id, kinds=[InputKind.PESTICIDE]) == [own]
    assert await service.get_input(session, input_id=own.id, producer_id=mine.id) is own
    assert await service.get_input(session, input_id=shared.id, producer_id=other.id) is shared
    assert await service.get_inputs(session, [own.id, uuid7()]) == {own.id: own}
    for input_id in (own.id, uuid7()):
        with pytest.raises(InputNotFoundError):
            await service.get_input(session, input_id=input_id, producer_id=other.id)


async def test_intervals_are_kept_per_crop(session):
    """Each crop has a wait of its own; a product without one has none."""
    drug = NewInput.model_validate(
        {"kind": "drug", "name": "Oxytetracycline", "crop": "salmon", "degree_days": "400"}
    )
    feed = NewInput.model_validate({"kind": "feed", "name": "Cám"})
    treated = await service.create_input(session, producer_id=None, product=drug, now=NOW)
    fed = await service.create_input(session, producer_id=None, product=feed, now=NOW)
    await service.add_interval(session, input_id=treated.id, crop=Crop.STURGEON, days=60, now=NOW)
    found = await service.list_intervals(session, [treated.id, fed.id])
    assert [(one.crop, one.days, one.degree_days) for one in found[treated.id]] == [
        (Crop.SALMON, None, 400),
        (Crop.STURGEON, 60, None),
    ]
    assert fed.id not in found
    asked = await service.find_intervals(session, input_ids=[treated.id, fed.id], crop=Crop.SALMON)
    assert list(asked) == [treated.id]


@pytest.mark.parametrize(
    "changes",
    [{"days": None}, {"degree_days": "5"}, {"crop": None}, {"days": "-1"}, {"days": "400"}, {"name": ""}],
)
def test_pesticides_and_drugs_have_one_wait(changes):
    """A label names days or degree-days, for a crop; nothing is assumed to be safe."""
    with pytest.raises(ValidationError):
        NewInput.model_validate(SPRAY | changes)

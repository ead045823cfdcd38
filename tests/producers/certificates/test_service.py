"""Certificates and their end."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from app.core.events import Handlers
from producers.certificates import service
from producers.certificates.models import CertificateKind
from producers.certificates.schemas import NewCertificate
from producers.certificates.words import badge_words
from producers.cooperatives.events import ProducerChanged
from producers.farms.errors import FarmNotFoundError
from tests.factories.producers import NOW, make_farm, make_producer

OCOP = {
    "kind": "ocop",
    "number": "15/QĐ",
    "issuer": "UBND tỉnh",
    "stars": "4",
    "valid_from": "2026-01-10",
    "valid_until": "2026-02-10",
}


async def test_list_valid_hides_a_certificate_by_itself(session):
    """Valid from its first day to its last, both included."""
    farm = await make_farm(session)
    paper = NewCertificate.model_validate(OCOP | {"farm_id": farm.id})
    made = await service.create_certificate(session, producer_id=farm.producer_id, certificate=paper, now=NOW)
    day = timedelta(days=1)
    for on, found in [
        (made.valid_from - day, []),
        (made.valid_from, [made]),
        (date(2026, 2, 10), [made]),
        (made.valid_until + day, []),
    ]:
        assert await service.list_valid(session, farm.producer_id, on=on) == found
    assert await service.list_certificates(session, farm.producer_id) == [made]
    assert str(badge_words(made)) == "OCOP 4 sao"


async def test_a_new_certificate_is_announced(session):
    """The shop's page of the producer hears of a new badge."""
    heard, handlers = [], Handlers()

    async def hear(_session, event):
        heard.append(event)

    handlers.on(ProducerChanged, hear)
    session.info["handlers"] = handlers
    producer = await make_producer(session)
    paper = NewCertificate.model_validate(OCOP)
    await service.create_certificate(session, producer_id=producer.id, certificate=paper, now=NOW)
    assert heard == [ProducerChanged(producer_id=producer.id)]


async def test_a_certificate_of_anothers_farm_is_refused(session):
    """A producer's paper names its own farm alone; without a farm it is for all."""
    producer, farm = await make_producer(session), await make_farm(session)
    paper = NewCertificate.model_validate(OCOP | {"farm_id": farm.id})
    with pytest.raises(FarmNotFoundError):
        await service.create_certificate(session, producer_id=producer.id, certificate=paper, now=NOW)
    plain = NewCertificate.model_validate(OCOP | {"kind": CertificateKind.VIETGAP, "stars": None})
    made = await service.create_certificate(session, producer_id=producer.id, certificate=plain, now=NOW)
    assert str(badge_words(made)) == "VietGAP"


@pytest.mark.parametrize(
    "changes",
    [{"stars": None}, {"stars": "2"}, {"kind": "vietgap"}, {"valid_until": "2026-01-09"}, {"number": ""}],
)
def test_certificates_refuse_what_cannot_be(changes):
    """Stars are OCOP's, three to five; a paper ends after it begins."""
    with pytest.raises(ValidationError):
        NewCertificate.model_validate(OCOP | changes)

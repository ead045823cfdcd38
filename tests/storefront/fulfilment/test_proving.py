"""Who took a parcel: seen by the producer and the buyer, optional, written once."""

from __future__ import annotations

import pytest

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from storefront.fulfilment import proving
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import ProofWrittenError
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import OrderState
from tests.app.offline.conftest import Phone as Uploader
from tests.factories.orders import SECRET, make_paid_order
from tests.factories.outbox import make_phone
from tests.factories.people import log_in, make_person, make_photo, picture_bytes
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW, make_stock, make_variant

PHOTO_BYTES = picture_bytes(kind="WEBP")
PHOTO = {"photo": ("a.jpg", picture_bytes(), "image/jpeg")}


async def send(session, *, until="ship"):
    """A paid order on its way: (order, consignment, what every act is told)."""
    box = await make_variant(session)
    await make_stock(session, box)
    order = await make_paid_order(session, box)
    [parcel] = await parcels.list_parcels(session, order)
    one = parcel.consignment
    packer = await make_person(session)
    act = {"consignment_id": one.id, "producer_id": one.producer_id, "person_id": packer.id, "now": NOW}
    await fulfilment.confirm(session, **act)
    await fulfilment.pack(session, **act, scanned="")
    if until == "ship":
        await fulfilment.ship(session, **act, carrier="Xe nhà", tracking_number=None)
    return order, one, act


@pytest.fixture
async def way(db, client):
    """A parcel on its way and its packer, logged in: (producer's page, buyer's page, consignment)."""
    async with db.transaction() as session:
        order, one, _act = await send(session)
        membership = await make_membership(session, role=Role.PACKER, producer_id=one.producer_id)
        await log_in(session, client, membership.person_id)
    return f"/producer/orders/{one.id}", f"/orders/{orders.make_token(SECRET, order.id)}", one


async def test_name_and_photo_are_seen_by_both(client, new_client, way):
    """Marked as delivered with a name and a photo: the producer reads them, and the buyer on the private page alone."""
    work, link, _one = way
    page = (await client.get(work)).text
    assert 'name="taken_by"' in page and 'name="photo"' in page and "data-offline" in page
    assert (
        await client.post(f"{work}/deliver", data={"taken_by": "Bác bảo vệ"}, files=PHOTO)
    ).status_code == 303
    buyer = new_client()
    for page in ((await client.get(work)).text, (await buyer.get(link)).text):
        assert "Người nhận: Bác bảo vệ" in page and "data:image/webp;base64," in page
    assert "Ghi thêm ai nhận hàng" not in (await client.get(work)).text


async def test_nothing_need_be_said(db, client, new_client, way):
    """A parcel is delivered with one press; name first and photo later may follow, also when the buyer has confirmed."""
    work, link, one = way
    assert (await client.post(f"{work}/deliver")).status_code == 303
    page = (await client.get(work)).text
    assert "Người nhận" not in page and "Ghi thêm ai nhận hàng" in page
    assert (await client.post(f"{work}/proof", data={"taken_by": "Lan"})).status_code == 303
    page = (await client.get(work)).text
    assert "Người nhận: Lan" in page and "data:image/webp" not in page and 'name="taken_by"' not in page
    buyer = new_client()
    assert (await buyer.post(f"{link}/received/{one.id}")).status_code == 303
    assert "Người nhận: Lan" in (await buyer.get(link)).text
    assert (await client.post(f"{work}/proof", files=PHOTO)).status_code == 303
    assert "data:image/webp" in (await client.get(work)).text
    assert (await client.post(f"{work}/proof", data={"taken_by": "Mai"})).status_code == 409
    assert "Người nhận: Lan" in (await buyer.get(link)).text


async def test_what_is_wrong_is_said_and_nothing_is_lost(client, way):
    """No picture, or too long a name: refused beside the field, a good photo is kept, the parcel stays on its way."""
    work, _link, _one = way
    bad = await client.post(f"{work}/deliver", files={"photo": ("a.jpg", b"no picture", "image/jpeg")})
    assert bad.status_code == 422 and "e-photo" in bad.text
    long = await client.post(f"{work}/deliver", data={"taken_by": "x" * 81}, files=PHOTO)
    assert long.status_code == 422 and "kept_photo" in long.text and "x" * 81 in long.text
    assert (await client.post(f"{work}/proof", data={"taken_by": "Lan"})).status_code == 409
    assert (await client.post(f"{work}/deliver")).status_code == 303
    long = await client.post(f"{work}/proof", data={"taken_by": "x" * 81})
    assert long.status_code == 422 and "<details" in long.text


async def test_another_producers_parcel_is_not_there(db, new_client, way):
    """A stranger's packer neither delivers nor proves it."""
    work, _link, _one = way
    stranger = new_client()
    async with db.transaction() as session:
        await log_in(session, stranger, (await make_membership(session, role=Role.PACKER)).person_id)
    for act in ("deliver", "proof"):
        answer = await stranger.post(f"{work}/{act}", data={"taken_by": "Lan"})
        assert answer.status_code == 404


async def test_a_proof_is_written_once(session):
    """The same again changes nothing, nothing is nothing, another name or photo is a conflict; only after it arrived."""
    _order, one, act = await send(session)
    first, second = await make_photo(session), await make_photo(session)
    with pytest.raises(WrongStateError):
        await proving.add_proof(session, **act, taken_by="Lan", photo_id=None)
    with pytest.raises(OrderNotFoundError):
        await proving.add_proof(session, **act | {"producer_id": uuid7()}, taken_by="Lan", photo_id=None)
    await proving.deliver(session, **act, taken_by="", photo_id=None)
    assert await parcels.list_proofs(session, [one.id]) == {}
    await proving.add_proof(session, **act, taken_by="", photo_id=first.id)
    await proving.add_proof(session, **act, taken_by="Lan", photo_id=first.id)
    await proving.add_proof(session, **act, taken_by="Lan", photo_id=None)
    for name, photo in (("Mai", None), ("", second.id)):
        with pytest.raises(ProofWrittenError):
            await proving.add_proof(session, **act, taken_by=name, photo_id=photo)
    proof = (await parcels.list_proofs(session, [one.id]))[one.id]
    assert (proof.taken_by, proof.photo_id, proof.recorded_by_id) == ("Lan", first.id, act["person_id"])


async def test_a_phone_without_signal_proves_too(db, client):
    """The name comes with the step, once; the photo follows by itself and stands beside it; a file of another kind is not taken."""
    async with db.transaction() as session:
        order, one, _act = await send(session)
        phone = await make_phone(session, client, role=Role.PACKER, producer_id=one.producer_id)
    record = phone.write(f"/producer/orders/{one.id}/deliver", fields={"taken_by": "Lan"})
    for _again in range(2):
        [result] = await phone.send(record)
        assert result["state"] == "stored"
    uploader = Uploader(client, phone.owner, record["id"])
    scale = uuid7()
    assert (await uploader.announce(PHOTO_BYTES, id=scale, field="scale")).status_code == 201
    assert (await uploader.append(scale, 0, PHOTO_BYTES)).status_code == 422
    for _again in range(2):
        await uploader.send(PHOTO_BYTES, field="photo")
    page = (await client.get(f"/orders/{orders.make_token(SECRET, order.id)}")).text
    assert "Người nhận: Lan" in page and page.count("data:image/webp") == 1
    async with db.transaction() as session:
        found = await parcels.get_parcel(session, consignment_id=one.id, producer_id=one.producer_id)
    assert found.consignment.state is OrderState.DELIVERED

"""Photos: kept once, served by id and width, private ones to their owner alone."""

import base64
import io
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select

from app.core.errors import InvalidError, NotFoundError
from app.media import service
from app.media.models import Photo
from tests.factories.people import NOW, log_in, make_person, make_photo, picture_bytes


async def store(session, house, content=None, *, owner_id=None, is_public=True):
    """Keep a photo."""
    return await service.store_photo(
        session,
        house.files,
        content=content or picture_bytes(size=(1600, 1200)),
        owner_id=owner_id,
        is_public=is_public,
        now=NOW,
    )


async def test_a_photo_is_kept_in_three_widths(session, house):
    """The row knows size and weight; each width can be read."""
    photo = await store(session, house)
    assert (photo.width, photo.height, photo.is_public) == (1600, 1200, True)
    read = [await service.read_file(house.files, photo=photo, width=width) for width in service.WIDTHS]
    assert [Image.open(io.BytesIO(file)).width for file in read] == [320, 640, 1280]
    assert photo.byte_count == sum(len(file) for file in read)
    assert await service.get_photo(session, photo.id) is photo


async def test_the_same_bytes_are_kept_once_for_each_owner(session, house):
    """The same upload answers the first photo; another owner has another; sent as public it becomes so and stays so."""
    hoa, mai = await make_person(session), await make_person(session)
    first = await store(session, house, owner_id=hoa.id, is_public=False)
    assert (await store(session, house, owner_id=hoa.id, is_public=False)).id == first.id
    assert not first.is_public
    assert (await store(session, house, owner_id=mai.id)).id != first.id
    assert (await store(session, house, owner_id=hoa.id, is_public=True)).is_public
    assert (await store(session, house, owner_id=hoa.id, is_public=False)).is_public
    nobodys = await store(session, house)
    assert (await store(session, house)).id == nobodys.id
    assert await session.scalar(select(func.count()).select_from(Photo)) == 3


async def test_a_refused_file_leaves_no_row(session, house):
    """What is no photo is refused in plain words, and nothing is kept."""
    with pytest.raises(InvalidError):
        await store(session, house, b"text named .jpg")
    assert await session.scalar(select(func.count()).select_from(Photo)) == 0


async def test_photos_are_found_or_refused(session):
    """Many by id; one that is missing is refused."""
    one, two = await make_photo(session), await make_photo(session)
    assert await service.get_photos(session, [one.id, two.id]) == {one.id: one, two.id: two}
    assert await service.get_photos(session, []) == {}
    with pytest.raises(NotFoundError):
        await service.get_photos(session, [one.id, uuid4()])
    with pytest.raises(NotFoundError):
        await service.get_photo(session, uuid4())


async def test_the_small_one_stands_inside_a_page(session):
    """A `data:` address of the WebP, word for word."""
    photo = await make_photo(session)
    head, _comma, body = service.thumbnail_uri(photo).partition(",")
    assert head == "data:image/webp;base64"
    assert base64.b64decode(body) == photo.thumbnail


async def test_a_public_photo_is_served_for_ever(client, db, house):
    """Bytes by id and width, kept by everybody for ever; a known tag answers nothing new."""
    async with db.transaction() as session:
        photo = await store(session, house)
    answer = await client.get(f"/media/{photo.id}/640.webp")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert Image.open(io.BytesIO(answer.content)).size == (640, 480)
    tag = {"If-None-Match": answer.headers["etag"]}
    again = await client.get(f"/media/{photo.id}/640.webp", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(f"/media/{photo.id}/320.webp", headers=tag)).status_code == 200


async def test_a_private_photo_is_its_owners(client, new_client, db, house):
    """The owner sees it; a stranger, logged in or not, learns nothing, not even by a known tag."""
    async with db.transaction() as session:
        owner, stranger = await make_person(session), await make_person(session)
        photo = await store(session, house, owner_id=owner.id, is_public=False)
        ownerless = await store(session, house, is_public=False)
        await log_in(session, client, owner.id)
    shown = await client.get(f"/media/{photo.id}/320.webp")
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "private, no-cache"
    assert (await client.get(f"/media/{ownerless.id}/320.webp")).status_code == 404
    tag = {"If-None-Match": shown.headers["etag"]}
    assert (await client.get(f"/media/{photo.id}/320.webp", headers=tag)).status_code == 304
    async with new_client() as visitor:
        assert (await visitor.get(f"/media/{photo.id}/320.webp", headers=tag)).status_code == 404
        assert (await visitor.get(f"/media/{ownerless.id}/320.webp")).status_code == 404
        async with db.transaction() as session:
            await log_in(session, visitor, stranger.id)
        assert (await visitor.get(f"/media/{photo.id}/320.webp")).status_code == 404


@pytest.mark.parametrize(
    "path", ["{id}/321.webp", "{id}/0.webp", "{id}/320.jpg", "{id}/x.webp", "none/320.webp"]
)
async def test_other_addresses_do_not_exist(client, db, house, path):
    """Another width, another ending, no id: not found."""
    async with db.transaction() as session:
        photo = await store(session, house)
    assert (await client.get("/media/" + path.format(id=photo.id))).status_code == 404
    assert (await client.get(f"/media/{uuid4()}/320.webp")).status_code == 404


async def test_a_lost_file_is_not_found(client, db):
    """A row without its files answers as not found, not as a fault."""
    async with db.transaction() as session:
        photo = await make_photo(session)
    assert (await client.get(f"/media/{photo.id}/320.webp")).status_code == 404

"""Places: loading, searching by new and old names, addresses."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from app.core.errors import InvalidError, NotFoundError
from app.places import names, service
from app.places.models import Address, AdminUnit, AdminUnitAlias
from tests.factories.people import LA_BANG, NOW, make_address, make_person
from tests.queries import count_queries


async def labels(session, typed, limit=8):
    """The labels that a search shows."""
    return [choice.label for choice in await service.search_communes(session, typed, limit)]


async def test_all_units_are_there(session):
    """34 provinces and 3,321 communes, each with its province; old names lead to communes."""
    count = select(func.count()).select_from(AdminUnit)
    assert await session.scalar(count.where(AdminUnit.province_code.is_(None))) == 34
    assert await session.scalar(count.where(AdminUnit.province_code.is_not(None))) == 3321
    assert await session.scalar(select(func.count()).select_from(AdminUnitAlias)) > 9000


async def test_loading_again_changes_nothing(session, db):
    """A second load writes no row and asks a few times for all units together; a damaged table is mended."""
    statements = count_queries(db.engine)
    assert await service.load_units(session) == 0
    assert 0 < len(statements) <= 4
    await session.execute(text("UPDATE admin_units SET name = 'x' WHERE code = :code"), {"code": LA_BANG})
    await session.execute(text("DELETE FROM admin_unit_aliases WHERE unit_code = :code"), {"code": LA_BANG})
    lost = {"code": LA_BANG}
    await session.execute(
        text("INSERT INTO admin_unit_aliases (unit_code, name, name_folded) VALUES (:code, 'x', 'x')"), lost
    )
    assert await service.load_units(session) >= 3
    assert await service.describe(session, LA_BANG) == "Xã La Bằng, Tỉnh Thái Nguyên"
    await session.execute(text("TRUNCATE admin_unit_aliases"))
    assert await service.load_units(session) > 9000


@pytest.mark.parametrize(
    "typed",
    ["la bang", "La Bằng", "LA BẰNG", "xã la bằng", "xa la bang", "x. La Bằng", "la bằng, thái nguyên",
     "la bang thai nguyen", "Xã La Bằng, Tỉnh Thái Nguyên", "  la   bằng ", "la bằng, đại từ", "La Ba\u0300\u0306ng"],
)  # fmt: skip
async def test_a_commune_is_found_however_it_is_typed(session, typed):
    """With or without marks, level or province; by its parts in old names as well."""
    assert (await labels(session, typed))[0] == "Xã La Bằng, Tỉnh Thái Nguyên"


async def test_marks_come_first_among_equals(session):
    """Who types the marks sees the names with those marks before the others."""
    with_marks = await labels(session, "định hóa", 4)
    assert with_marks[:2] == ["Xã Định Hóa, Tỉnh Ninh Bình", "Xã Định Hóa, Tỉnh Thái Nguyên"]
    bare = await labels(session, "dinh hoa", 4)
    assert "Xã Định Hòa, Tỉnh Thanh Hóa" in bare
    assert "Xã Định Hóa, Tỉnh Thái Nguyên" in bare


async def test_whole_names_come_before_beginnings_and_these_before_the_rest(session):
    """What begins as typed comes before what merely holds it."""
    found = await labels(session, "tân cương")
    assert found[0] == "Xã Tân Cương, Tỉnh Thái Nguyên"
    folded = [names.words_of(label).split(", ")[0] for label in await labels(session, "tan c", 20)]
    begins = [name.startswith("tan c") for name in folded]
    assert begins == sorted(begins, reverse=True)
    assert begins[0]


async def test_old_districts_find_their_communes(session):
    """A district that is no more leads to its communes and is named beside them; the new name needs no note."""
    found = {choice.label: choice for choice in await service.search_communes(session, "Đại Từ", 20)}
    assert found["Xã Đại Từ, Tỉnh Thái Nguyên"].note is None
    la_bang = found["Xã La Bằng, Tỉnh Thái Nguyên"]
    assert la_bang.alias == "huyện Đại Từ"
    assert str(la_bang.note) == "trước đây: huyện Đại Từ"


async def test_old_communes_and_provinces_are_said_where_they_changed(session):
    """An old commune names its district, and its province only where that is another now."""
    [lam_vy] = await service.search_communes(session, "linh thông")
    assert (lam_vy.label, lam_vy.alias) == ("Xã Lam Vỹ, Tỉnh Thái Nguyên", "xã Linh Thông, huyện Định Hóa")
    bac_kan = await service.search_communes(session, "huyện ba bể")
    assert any(choice.alias == "huyện Ba Bể, tỉnh Bắc Kạn" for choice in bac_kan)
    town = await service.search_communes(session, "thành phố bắc kạn", 20)
    assert any(choice.alias == "thành phố Bắc Kạn, tỉnh Bắc Kạn" for choice in town)


@pytest.mark.parametrize(
    "typed", ["", "   ", ",", ", ,", "%", "_", "zzzz", "' OR 1=1 --", "x" * 5000, "a\x00%"]
)
async def test_nonsense_finds_nothing_and_breaks_nothing(session, typed):
    """Signs that mean something to a database mean nothing here."""
    assert await labels(session, typed) == []


async def test_a_search_answers_each_commune_once_and_not_too_many(session):
    """However many old names lead to a commune it stands there once."""
    found = await service.search_communes(session, "định hóa", 20)
    assert len({choice.code for choice in found}) == len(found) <= 20


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("La Bằng", LA_BANG),
        ("tân cương", "05503"),
        ("linh thông", "05542"),
        ("Xã Đại Từ, Tỉnh Thái Nguyên", "05773"),
        ("Đại Từ", None),
        ("định hóa", None),
        ("thái nguyên", None),
        ("zzzz", None),
        ("", None),
        ("Phường Ba Đình, Hà Nội", "00004"),
    ],
)
async def test_a_typed_name_is_taken_when_it_is_sure(session, typed, code):
    """One meaning is taken; several are asked about; an old name never overrules in silence."""
    resolution = await service.resolve_commune(session, text=typed, code=None)
    if typed.startswith("Xã Đại Từ"):
        assert await service.describe(session, resolution.code) == typed
    else:
        assert resolution.code == code
    assert (resolution.problem is None) == (resolution.code is not None)


async def test_the_kind_that_was_said_comes_first(session):
    """A phường of Hà Nội comes before a xã of Thanh Hóa that bears its name, and is asked about all the same: an old ward bears the name too."""
    found = await service.resolve_commune(session, text="phuong ba dinh", code=None)
    assert found.code is None
    assert [choice.label for choice in found.choices][:2] == [
        "Phường Ba Đình, Thành phố Hà Nội",
        "Xã Ba Dinh, Tỉnh Quảng Ngãi",
    ]


@pytest.mark.parametrize("code", [None, "", "00004"])
async def test_a_place_said_in_full_is_no_choice(session, code):
    """A ward with its province stands alone, though others were cut from the district of its name; a tick elsewhere is kept."""
    whole = "Phường Ba Đình, Thành phố Hà Nội"
    found = await service.resolve_commune(session, text=whole, code=code)
    assert (found.code, [choice.label for choice in found.choices]) == ("00004", [whole])
    other = await service.resolve_commune(session, text=whole, code="00199")
    assert other.code == "00199" and len(other.choices) > 1


async def test_problems_say_what_to_do(session):
    """Several places: choose below. None: add the district or province."""
    several = await service.resolve_commune(session, text="Đại Từ", code=None)
    assert "chọn đúng" in str(several.problem)
    assert len(several.choices) > 1
    nothing = await service.resolve_commune(session, text="zzzz", code=None)
    assert "Chưa tìm thấy" in str(nothing.problem)


async def test_a_choice_counts_while_it_fits_the_text(session):
    """A ticked place is taken for its own text, not for another one typed since; without text a code stands alone."""
    chosen = await service.resolve_commune(session, text="Đại Từ", code=LA_BANG)
    assert chosen.code == LA_BANG
    corrected = await service.resolve_commune(session, text="Tân Cương", code=LA_BANG)
    assert corrected.code == "05503"
    assert (await service.resolve_commune(session, text="", code=LA_BANG)).code == LA_BANG
    for no_commune in ("19", "99999"):
        assert (await service.resolve_commune(session, text=" ", code=no_commune)).code is None


async def test_a_choice_that_is_said_whole_needs_no_look(session):
    """A ticked place is taken at once by its whole name, new or old; all else is looked for."""
    for typed in ("La Bằng", "xã la bang", "Đại Từ"):
        confirmed = await service.confirm_commune(session, text=typed, code=LA_BANG)
        assert (confirmed.code, confirmed.choices) == (LA_BANG, [])
    for typed in ("", "La", "Tân Cương", "Xã La Bằng, Tỉnh Thái Nguyên"):
        assert await service.confirm_commune(session, text=typed, code=LA_BANG) is None
    for no_code in (None, "", "19", "99999"):
        assert await service.confirm_commune(session, text="Thái Nguyên", code=no_code) is None


async def test_units_are_described_from_small_to_large(session):
    """A commune with its province, a province alone; an unknown code is refused or left out."""
    assert await service.describe(session, "19") == "Tỉnh Thái Nguyên"
    assert await service.describe_many(session, [LA_BANG, "99999"]) == {
        LA_BANG: "Xã La Bằng, Tỉnh Thái Nguyên"
    }
    assert await service.describe_many(session, []) == {}
    with pytest.raises(NotFoundError):
        await service.describe(session, "99999")


async def test_an_address_needs_a_commune(session):
    """An address is kept trimmed and written from small to large; a province is no place for a parcel."""
    person = await make_person(session)
    told = {"recipient_name": " Bà Mai ", "phone": "+84912345678", "line": " Xóm Rừng Vần ", "now": NOW}
    address = await service.create_address(session, commune_code=LA_BANG, person_id=person.id, **told)
    assert (address.recipient_name, address.line, address.person_id) == ("Bà Mai", "Xóm Rừng Vần", person.id)
    written = ["Xóm Rừng Vần", "Xã La Bằng", "Tỉnh Thái Nguyên"]
    assert await service.format_address(session, address) == written
    assert await service.read_address(session, address.id) == (address, written)
    for code in ("19", "99999"):
        with pytest.raises(InvalidError) as refused:
            await service.create_address(session, commune_code=code, person_id=None, **told)
        assert set(refused.value.fields) == {"commune_text"}
    assert (await make_address(session)).person_id is None
    assert await session.scalar(select(func.count()).select_from(Address)) == 2
    assert uuid4() != address.id


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Xã La Bằng", "La Bằng"),
        ("Thị trấn Chợ Chu", "Chợ Chu"),
        ("Thành Phố Bắc Kạn", "Bắc Kạn"),
        ("tp Thái Nguyên", "Thái Nguyên"),
        ("TP.Thái Nguyên", "Thái Nguyên"),
        ("Phường 1", "1"),
        ("Xã", "Xã"),
        ("Phường", "Phường"),
        ("Hà Tĩnh", "Hà Tĩnh"),
        ("Xuân Quang", "Xuân Quang"),
        ("  ", ""),
    ],
)
def test_the_level_is_left_off(name, bare):
    """The word for the level comes off with or without marks, and only a whole word does."""
    assert names.bare(name) == bare

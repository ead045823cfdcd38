"""The search behind the commune field, and the field itself without a script."""

import pytest

from app.places import service
from app.places.schemas import CommuneFields
from app.web.forms import Form
from app.web.templating import Speaker, speaking
from tests.factories.people import LA_BANG


async def test_search_answers_json(client):
    """Label, code and old name; a browser may keep the answer for an hour."""
    answer = await client.get("/places", params={"q": "la bằng"})
    assert answer.status_code == 200
    assert answer.json() == [{"code": LA_BANG, "label": "Xã La Bằng, Tỉnh Thái Nguyên", "alias": None}]
    assert answer.headers["cache-control"] == "public, max-age=3600"
    old = (await client.get("/places", params={"q": "đại từ"})).json()
    assert {"code": LA_BANG, "label": "Xã La Bằng, Tỉnh Thái Nguyên", "alias": "huyện Đại Từ"} in old


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "%"}])
async def test_search_for_nothing_is_empty(client, query):
    """Nothing typed, nothing found."""
    assert (await client.get("/places", params=query)).json() == []


async def test_search_refuses_a_novel(client):
    """Too long a question is refused, not searched."""
    assert (await client.get("/places", params={"q": "x" * 121})).status_code == 422


async def test_the_field_asks_among_places_of_one_name(session, house):
    """Without a script: the typed name stays, the places are radios with their old names, the choice stays ticked."""
    resolution = await service.resolve_commune(session, text="Đại Từ", code=None)
    source = '{% import "macros/places.html" as places %}{{ places.commune_field(form, choices) }}'
    template = house.templates.from_string(source)
    speaker = Speaker(
        lang="vi",
        translate=house.catalogue.translate,
        url=lambda _name: "/places",
        now=house.clock.now(),
    )
    form = Form({"commune_text": "Đại Từ", "commune_code": LA_BANG}, {"commune_text": resolution.problem})

    def draw(choices):
        with speaking(speaker):
            return template.render(form=form, choices=choices)

    shown = draw(resolution.choices)
    assert 'value="Đại Từ"' in shown
    assert 'id="e-commune_text"' in shown
    assert shown.count('type="radio"') == len(resolution.choices)
    assert f'value="{LA_BANG}" checked' in shown
    assert "(trước đây: huyện Đại Từ)" in shown
    assert 'type="radio"' not in draw(resolution.choices[:1])


def test_the_fields_of_the_form():
    """A name must be typed; the choice may be missing."""
    assert CommuneFields(commune_text="La Bằng").commune_code is None

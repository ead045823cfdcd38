"""The demo's phone."""

import httpx
import pytest

from app.core.sms import ConsoleSms
from app.main import create_app
from app.wiring import make_house


@pytest.fixture
async def demo(settings, database_url, house, app, tmp_path):
    """A visitor of a demo, whose messages are printed and kept in a file."""
    demo_settings = settings.model_copy(update={"demo": True, "data_dir": tmp_path})
    demo_house = make_house(demo_settings, database_url, clock=house.clock, pool_size=4)
    demo_house.secret = house.secret
    demo_app = create_app(demo_house)
    demo_app.state.house = demo_house
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "vi"}
    transport = httpx.ASGITransport(app=demo_app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", headers=headers
    ) as visitor:
        visitor.house = demo_house
        yield visitor
    await demo_house.database.close()


async def test_there_is_no_demo_phone_outside_the_demo(client):
    """Without the demo the page does not exist and the log-in does not speak of it."""
    assert (await client.get("/demo/phone")).status_code == 404
    assert "/demo/phone" not in (await client.get("/login")).text


async def test_the_demo_phone_shows_the_code(demo, house, run_jobs):
    """A visitor of the demo reads the code on a page, newest first, escaped."""
    assert "/demo/phone" in (await demo.get("/login")).text
    assert "Chưa có tin nhắn nào" in (await demo.get("/demo/phone")).text
    sent = await demo.post("/login", data={"phone": "0912345678"})
    assert "/demo/phone" in (await demo.get(sent.headers["location"])).text
    assert isinstance(demo.house.sms, ConsoleSms)
    house.sms = demo.house.sms
    await run_jobs()
    await demo.house.sms.send("+84987654321", "<b>mới</b>")
    page = (await demo.get("/demo/phone?next=/notices")).text
    assert 'href="/login/code?next=%2Fnotices"' in page
    assert 'href="/login/code?next=%2Fme"' in (await demo.get("/demo/phone?next=//evil.vn")).text
    assert "mã đăng nhập của bạn là" in page
    assert "&lt;b&gt;mới" in page
    assert page.index("mới&lt;/b&gt;") < page.index("mã đăng nhập của bạn là")
    demo.house.sms = object()
    assert "Chưa có tin nhắn nào" in (await demo.get("/demo/phone")).text

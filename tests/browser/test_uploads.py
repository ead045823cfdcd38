"""The phone's module against a real fair: a photo with a place, a line that breaks, and the entry's page."""

from __future__ import annotations

import base64

import pytest
from PIL import ExifTags, Image
from playwright.sync_api import BrowserContext

from app.accounts.dependencies import SESSION_COOKIE
from app.core.ids import uuid7
from tests.factories.instances import seed_sender
from tests.factories.people import picture_bytes
from tests.serving import Instance

pytestmark = pytest.mark.browser

SEND = """async ({ content, id, record }) => {
  const { readExif } = await import('/static/offline/exif.js');
  const { upload } = await import('/static/offline/uploads.js');
  const blob = new Blob([Uint8Array.from(atob(content), (one) => one.charCodeAt(0))], { type: 'image/jpeg' });
  const file = { id, record, field: 'photos', name: 'ảnh 1.jpg', ...(await readExif(blob)) };
  const heard = [];
  const onOffset = (offset) => heard.push(offset);
  let calls = 0;
  const broken = (...given) => { calls += 1; if (calls === 4) throw new TypeError('no signal'); return fetch(...given); };
  const first = await upload(blob, file, { fetch: broken, onOffset, chunk: 1000 }).catch((error) => error.message);
  await upload(blob, file, { onOffset, chunk: 1000 });
  await upload(blob, file, { onOffset });
  return { first, heard, size: blob.size };
}"""


def test_a_photo_goes_on_after_the_line_broke_and_stands_in_the_diary(
    phone: BrowserContext, demo: Instance
) -> None:
    """Two pieces, no signal, then the rest and a call too many: the entry shows the photo once, wherever it was taken."""
    token, record_id = seed_sender(demo)
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (21.0, 35.0, 38.4),
            ExifTags.GPS.GPSLongitudeRef: "E", ExifTags.GPS.GPSLongitude: (105.0, 46.0, 26.4),
        }
    )  # fmt: skip
    content = base64.b64encode(picture_bytes(size=(900, 600), exif=exif)).decode()
    phone.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": demo.base}])
    page = phone.new_page()
    page.goto(f"/producer/diary/{record_id}")
    assert page.locator("img[src*='/media/']").count() == 0
    told = page.evaluate(SEND, {"content": content, "id": str(uuid7()), "record": str(record_id)})
    assert told["first"] == "no signal"
    assert told["heard"][:4] == [0, 1000, 2000, 2000] and told["heard"][-2:] == [told["size"]] * 2
    page.reload()
    shown = page.locator("img[src*='/media/']")
    assert shown.count() == 1
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0

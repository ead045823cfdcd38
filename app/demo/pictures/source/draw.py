"""Print the demo's pictures: `python -m app.demo.pictures.source.draw [NAME ...]` draws all, or those named."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from app.demo.pictures.source import scenes_fish, scenes_people, scenes_tea, scenes_work
from app.demo.pictures.source.sheet import HEIGHT, PAPER, WIDTH, Sheet

PICTURES = Path(__file__).resolve().parents[1]
STATIC = PICTURES.parents[1] / "static"
CHROMIUM = "/usr/bin/chromium"
LARGEST_BYTES = 110_000
SCENES: dict[str, Callable[[Sheet], None]] = {
    **scenes_tea.SCENES,
    **scenes_fish.SCENES,
    **scenes_people.SCENES,
    **scenes_work.SCENES,
}


def to_webp(png: bytes) -> bytes:
    """Return the picture as WebP of at most LARGEST_BYTES, as near quality 78 as that allows."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in range(78, 40, -4):
        kept = io.BytesIO()
        picture.save(kept, "WEBP", quality=quality, method=6)
        if kept.tell() <= LARGEST_BYTES:
            break
    return kept.getvalue()


def print_icons(page: Page) -> None:
    """Print the mark on paper as the icons a phone keeps on its first screen."""
    mark = (STATIC / "mark.svg").read_text(encoding="utf-8")
    for size in (192, 512):
        page.set_viewport_size({"width": size, "height": size})
        sized = mark.replace("<svg ", f'<svg width="{size * 0.86:.0f}" height="{size * 0.86:.0f}" ', 1)
        page.set_content(
            f'<body style="margin:0;background:{PAPER};display:grid;place-items:center;height:100vh">{sized}'
        )
        page.screenshot(path=STATIC / f"icon-{size}.png")


def main(names: list[str]) -> None:
    """Draw the named pictures, or all of them, into the folder above this one."""
    with sync_playwright() as engine:
        browser = engine.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name in names or list(SCENES):
            sheet = Sheet(name)
            SCENES[name](sheet)
            page.set_content(f'<body style="margin:0">{sheet.svg()}')
            kept = to_webp(page.screenshot(timeout=120_000))
            (PICTURES / f"{name}.webp").write_bytes(kept)
            sys.stdout.write(f"{name}.webp {len(kept) // 1000} kB\n")
        if not names:
            print_icons(page)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])

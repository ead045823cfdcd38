"""PDF pages: a template and data, set apart from this process."""

import asyncio

import pypdfium2
import pytest

from app.core import typeset
from app.core.typeset import PNG_PPI, TypesetError, set_pdf, set_picture

TEMPLATE = """#let data = json(bytes(sys.inputs.data))
#set text(font: "Be Vietnam Pro", fallback: false)
#data.said
"""


async def test_words_travel_as_data(tmp_path):
    """What people typed is shown as it stands, marks of the template's language included."""
    template = tmp_path / "page.typ"
    template.write_text(TEMPLATE, encoding="utf-8")
    pdf = await set_pdf(template, {"said": "Sổ #pagebreak() *chè*"})
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    text = document[0].get_textpage()
    assert text.get_text_range() == "Sổ #pagebreak() *chè*"
    text.close()
    document.close()


async def test_one_page_becomes_a_picture(tmp_path):
    """A page of one inch is a PNG of so many pixels a side, or an SVG of 72 points."""
    template = tmp_path / "page.typ"
    template.write_text("#set page(width: 1in, height: 1in, margin: 0pt)", encoding="utf-8")
    png = await set_picture(template, {}, form="png")
    assert png.startswith(b"\x89PNG") and int.from_bytes(png[16:20]) == int.from_bytes(png[20:24]) == PNG_PPI
    svg = await set_picture(template, {}, form="svg")
    assert svg.startswith(b"<svg") and b'width="72pt"' in svg


async def test_what_cannot_be_set_is_told(tmp_path):
    """The error holds typst's own words."""
    template = tmp_path / "page.typ"
    template.write_text(TEMPLATE, encoding="utf-8")
    with pytest.raises(TypesetError, match="said"):
        await set_pdf(template, {})


async def test_nobody_waits_nothing_goes_on(tmp_path, monkeypatch):
    """A cancelled call ends its process."""
    started = []
    begin = asyncio.create_subprocess_exec

    async def watch(*args, **kwargs):
        started.append(await begin(*args, **kwargs))
        return started[0]

    monkeypatch.setattr(typeset.asyncio, "create_subprocess_exec", watch)
    template = tmp_path / "page.typ"
    template.write_text("#for _ in range(20000) [#lorem(500)]", encoding="utf-8")
    task = asyncio.ensure_future(set_pdf(template, {}))
    while not started:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert started[0].returncode == -9


def test_the_process_sets_the_named_template(tmp_path, monkeypatch, capfdbinary):
    """The command reads the data from its input and writes a PDF out."""
    template = tmp_path / "page.typ"
    template.write_text(TEMPLATE, encoding="utf-8")
    data = tmp_path / "data.json"
    data.write_bytes(b'{"said": "x"}')
    with data.open(encoding="utf-8") as given:
        monkeypatch.setattr(typeset.sys, "stdin", given)
        monkeypatch.setattr(typeset.sys, "argv", ["typeset", str(template), "pdf"])
        typeset.main()
        typeset.sys.stdout.flush()
    assert capfdbinary.readouterr().out.startswith(b"%PDF")

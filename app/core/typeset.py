"""PDF pages and pictures, set by typst from a template of ours with fonts of ours: no network, no system fonts.

A process of its own does the work: typst keeps what it laid out for as long as its process lives (measured: 370 MB for
each booklet of 3,000 rows), and holds the interpreter for a fifth of a second now and then.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Literal, cast

Form = Literal["pdf", "svg", "png"]
_FONTS = Path(__file__).parent / "fonts"
PNG_PPI = 600
"""Twice what a thermal printer has, so that the edges of a symbol stay edges."""


class TypesetError(Exception):
    """The template and its data do not fit together; the words are typst's."""


async def set_pdf(template: Path, data: dict[str, Any]) -> bytes:
    """Set `template` (a .typ file) with `data`, which it reads as JSON from `sys.inputs.data`; `TypesetError`.

    What people typed travels as data and is never part of the markup.
    """
    return await _set(template, data, "pdf")


async def set_picture(template: Path, data: dict[str, Any], *, form: Literal["svg", "png"]) -> bytes:
    """Set a template of one page as a picture, a PNG with PNG_PPI pixels to the inch; otherwise as `set_pdf`."""
    return await _set(template, data, form)


async def _set(template: Path, data: dict[str, Any], form: Form) -> bytes:
    told = await asyncio.to_thread(_encode, data)
    # -P: this folder's names (logging, http) are not the standard library's.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        __file__,
        str(template),
        form,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        made, said = await process.communicate(told)
    except asyncio.CancelledError:  # nobody waits for the pages any more
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise TypesetError(said.decode(errors="replace"))
    return made


def _encode(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


def main() -> None:
    """Set the template named on the command line (then `pdf`, `svg` or `png`) with the data from the input."""
    import typst  # heavy: only the process that prints pays for it

    template, form = Path(sys.argv[1]), cast("Form", sys.argv[2])
    made: bytes = typst.compile(
        str(template),
        root=str(template.parent),
        font_paths=[str(_FONTS)],
        ignore_system_fonts=True,
        format=form,
        ppi=PNG_PPI,
        sys_inputs={"data": sys.stdin.buffer.read().decode()},
    )
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()

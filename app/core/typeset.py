"""PDF pages, set by typst from a template of ours with fonts of ours: no network, no system fonts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FONTS = Path(__file__).parent / "fonts"


def set_pdf(template: Path, data: dict[str, Any]) -> bytes:
    """Set `template` (a .typ file) with `data`, which it reads as JSON from `sys.inputs.data`.

    Slow work: call it in a thread (typst lets the loop run meanwhile). What people typed travels as data and is never
    part of the markup.
    """
    import typst  # heavy: only the process that prints pays for it

    made: bytes = typst.compile(
        str(template),
        root=str(template.parent),
        font_paths=[str(_FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return made

"""What a phone reads from a printed page or a screen."""

from __future__ import annotations

from io import BytesIO

import pypdfium2
import zxingcpp
from PIL import Image


def read_symbols(picture: Image.Image) -> list[str]:
    """The text of each QR symbol of a picture, in the order found.

    Only QR of the usual kind: a reader that looks for every kind takes printed digits for a bar code now and then. It also
    finds one symbol twice at times, which counts once.
    """
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCodeModel2)
    return list(dict.fromkeys(symbol.text for symbol in found))


def read_pages(pdf: bytes) -> list[list[str]]:
    """The symbols of each page of a printed file."""
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    found = [read_symbols(page.render(scale=3).to_pil()) for page in document]
    document.close()
    return found

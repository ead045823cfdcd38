"""The code on a pack, read by the camera; where the phone cannot, the field is simply typed."""

from __future__ import annotations

from playwright.sync_api import Page

FIELD = """
  document.body.innerHTML = '<form><input name="code" data-scan="WHAT" data-scan-words="Quét mã" data-scan-stop="Thôi"></form>';
  const sent = [];
  document.querySelector('form').addEventListener('submit', (event) => {
    event.preventDefault();
    sent.push(new FormData(event.target).get('code'));
  });
"""
CAMERA = """
  const canvas = document.createElement('canvas');
  canvas.getContext('2d');
  const stream = canvas.captureStream();
  navigator.mediaDevices.getUserMedia = async () => stream;
  let looks = 0;
  globalThis.BarcodeDetector = class { async detect() { looks += 1; return looks < 3 ? [] : [{ rawValue: 'SEEN' }]; } };
"""
PRESS = """
  await import('/static/scan.js?' + Math.random());
  document.querySelector('button').click();
  for (let turn = 0; turn < 50 && !document.querySelector('input').value; turn += 1) await new Promise((go) => setTimeout(go, 50));
  await new Promise((go) => setTimeout(go, 50));
  return { value: document.querySelector('input').value, sent, open: Boolean(document.querySelector('dialog')),
           live: stream.getTracks().some((track) => track.readyState === 'live') };
"""


def test_a_code_is_read_and_the_camera_is_let_go(lab: Page) -> None:
    """The first code that is seen fills the field; the camera is off and the window gone afterwards."""
    script = FIELD.replace("WHAT", "fill") + CAMERA.replace("SEEN", "8938505974192") + PRESS
    found = lab.evaluate(f"async () => {{ {script} }}")
    assert found == {"value": "8938505974192", "sent": [], "open": False, "live": False}


def test_a_gs1_code_is_cut_down_to_its_number_and_sent(lab: Page) -> None:
    """Of a GS1 symbol the GTIN is taken; a field that asks for it goes on by itself."""
    script = FIELD.replace("WHAT", "go") + CAMERA.replace("SEEN", "(01)08938505974192(10)L7") + PRESS
    found = lab.evaluate(f"async () => {{ {script} }}")
    assert found["value"] == "08938505974192"
    assert found["sent"] == ["08938505974192"]


def test_a_label_s_field_takes_the_whole_address(lab: Page) -> None:
    """A field that asks for all that the code says gets the address, not the number in it."""
    address = "https://cho.example/01/08938505974192/10/L7/21/S?s=x"
    field = FIELD.replace("WHAT", "go").replace("data-scan-words", "data-scan-whole data-scan-words")
    found = lab.evaluate(f"async () => {{ {field + CAMERA.replace('SEEN', address) + PRESS} }}")
    assert found["value"] == address and found["sent"] == [address]


def test_without_a_detector_there_is_no_button(lab: Page) -> None:
    """A phone that reads no codes shows the field alone."""
    script = (
        FIELD
        + "delete globalThis.BarcodeDetector; await import('/static/scan.js?none'); return document.querySelectorAll('button').length;"
    )
    assert lab.evaluate(f"async () => {{ {script} }}") == 0

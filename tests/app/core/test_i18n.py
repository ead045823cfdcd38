"""Text for people: sentences, languages, days and times as said."""

from datetime import UTC, date, datetime, timedelta

import pytest
from babel.messages.pofile import PoFileError

from app.core import i18n
from app.core.clock import VN
from app.core.i18n import Text, _

CATALOGUE = i18n.Catalogue(
    {"en": {"Còn %(left)s": "%(left)s left", "hết hàng": "sold out", "Giảm 10%": "10% off", "chè": "tea"}}
)


def test_text_is_a_sentence_with_its_parameters():
    """A Text made at import time is spoken later, and says itself in Vietnamese."""
    text = _("Còn %(left)s", left=3)
    assert text == Text("Còn %(left)s", {"left": 3})
    assert text != _("Còn %(left)s", left=4)
    assert hash(text) == hash(_("Còn %(left)s", left=[]))
    assert str(text) == "Còn 3"


@pytest.mark.parametrize(
    ("text", "vietnamese", "english"),
    [
        ("hết hàng", "hết hàng", "sold out"),
        (_("Còn %(left)s", left=3), "Còn 3", "3 left"),
        (_("Còn %(left)s", left=_("chè")), "Còn chè", "tea left"),
        (_("Giảm 10%"), "Giảm 10%", "10% off"),
        (_("chưa dịch %(n)s", n="%(x)s"), "chưa dịch %(x)s", "chưa dịch %(x)s"),
    ],
)
def test_translate_speaks_each_language(text, vietnamese, english):
    """Vietnamese is the msgid; English comes from the catalogue or stays Vietnamese; values are never templates."""
    assert CATALOGUE.translate(text, "vi") == vietnamese
    assert CATALOGUE.translate(text, "en") == english


def test_translate_refuses_a_missing_parameter():
    """A hole in a sentence is a mistake of ours and is never shown."""
    with pytest.raises(KeyError, match="left"):
        CATALOGUE.translate("Còn %(left)s", "en")


PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "chè"
msgstr "tea"

msgid "cá"
msgstr ""

#, fuzzy
msgid "mật ong"
msgstr "honey?"
"""


def test_read_takes_every_po_file_and_leaves_unsure_sentences(tmp_path):
    """Rooms bring their own files; a sentence left empty or marked fuzzy counts as missing."""
    for name, text in {"a.po": PO, "b.po": PO.replace("tea", "green tea")}.items():
        path = tmp_path / "en" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    catalogue = i18n.Catalogue.read([tmp_path, tmp_path / "nowhere"])
    assert catalogue.translate("chè", "en") == "green tea"
    assert catalogue.translate("cá", "en") == "cá"
    assert catalogue.translate("mật ong", "en") == "mật ong"


def test_read_refuses_a_broken_file(tmp_path):
    """A file that is not well formed stops the start, not one sentence later."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "a.po").write_text('<<<<<<< ours\nmsgid "chè"\nmsgstr "tea"', encoding="utf-8")
    with pytest.raises(PoFileError):
        i18n.Catalogue.read([tmp_path])


def test_load_reads_the_packages_of_the_house():
    """The house's own files load, and a package that is not there is passed over."""
    catalogue = i18n.Catalogue.load([*i18n.PACKAGES, "no_such_package"])
    assert catalogue.translate("không có câu này", "en") == "không có câu này"


@pytest.mark.parametrize(
    ("cookie", "header", "lang"),
    [
        ("en", "vi", "en"),
        ("vi", "en", "vi"),
        ("fr", "en", "en"),
        (None, None, "vi"),
        (None, "", "vi"),
        (None, "vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        (None, "en-US,en;q=0.9,vi;q=0.1", "vi"),
        (None, "en-GB", "en"),
        (None, "EN;q=0.5, fr", "en"),
        (None, "en, vi;q=0", "en"),
        (None, "en, vi; q = 0.000", "en"),
        (None, "en;q=0", "vi"),
        (None, "fr-FR, *;q=0.1", "vi"),
        (None, ";;,,q=", "vi"),
    ],
)
def test_choose_language(cookie, header, lang):
    """The cookie wins; then Vietnamese if it is accepted at all; then English; then Vietnamese."""
    assert i18n.choose_language(cookie, header) == lang


TODAY = date(2026, 11, 13)


@pytest.mark.parametrize(
    ("day", "vietnamese", "english"),
    [
        (date(2026, 11, 12), "hôm qua", "yesterday"),
        (date(2026, 11, 13), "hôm nay", "today"),
        (date(2026, 11, 14), "ngày mai", "tomorrow"),
        (date(2026, 11, 5), "thứ Năm 5/11", "Thu 5 Nov"),
        (date(2026, 11, 15), "Chủ nhật 15/11", "Sun 15 Nov"),
        (date(2026, 1, 5), "thứ Hai 5/1", "Mon 5 Jan"),
        (date(2025, 11, 12), "12/11/2025", "12 Nov 2025"),
        (date(2027, 1, 1), "1/1/2027", "1 Jan 2027"),
    ],
)
def test_date_said(day, vietnamese, english):
    """Near days have names, days of this year a weekday, other days their year."""
    assert i18n.date_said(day, TODAY, "vi") == vietnamese
    assert i18n.date_said(day, TODAY, "en") == english


def test_yesterday_is_yesterday_across_new_year():
    """A near day keeps its name when the year turns."""
    assert i18n.date_said(date(2025, 12, 31), date(2026, 1, 1), "vi") == "hôm qua"


def test_time_said_is_on_vietnams_clock():
    """An instant is said in Vietnam's time and day, wherever the server stands."""
    now = datetime(2026, 11, 12, 17, 30, tzinfo=UTC)
    assert i18n.time_said(now - timedelta(minutes=25), now, "vi") == "00:05 hôm nay"
    assert i18n.time_said(now - timedelta(hours=1), now, "vi") == "23:30 hôm qua"
    assert i18n.time_said(datetime(2026, 11, 5, 14, 5, tzinfo=VN), now, "vi") == "14:05 thứ Năm 5/11"
    assert i18n.time_said(datetime(2026, 11, 5, 14, 5, tzinfo=VN), now, "en") == "14:05 Thu 5 Nov"


def test_weekday_said_names_the_whole_week():
    """The week runs from thứ Hai to Chủ nhật."""
    week = [i18n.weekday_said(date(2026, 11, 9) + timedelta(days=day), "vi") for day in range(7)]
    assert week == ["thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"]

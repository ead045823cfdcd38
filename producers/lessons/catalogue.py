"""The lessons: each step is one sentence and one button to the real page, and is seen to be done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.i18n import Text, _


class Goal(StrEnum):
    """The page of the practice farm to which a step's button leads."""

    WORK = "work"
    SPRAY = "spray"
    PICK = "pick"
    DIARY = "diary"
    GOODS = "goods"


@dataclass(frozen=True)
class Step:
    """One thing to do: the sentence, the words of its button, where that leads."""

    code: str
    words: Text
    act: Text
    goal: Goal


@dataclass(frozen=True)
class Lesson:
    """A few steps that belong together."""

    code: str
    title: Text
    icon: str
    steps: tuple[Step, ...]


PHOTO, SPOKEN = "photo", "spoken"
SPRAYED, WARNED, TAKEN_BACK = "sprayed", "warned", "taken_back"
PRICED, PICTURED = "priced", "pictured"
LESSONS: tuple[Lesson, ...] = (
    Lesson(
        "photo",
        _("Chụp ảnh"),
        "camera",
        (
            Step(PHOTO, _("Ghi một việc ở đồi chè tập, kèm một tấm ảnh."), _("Ghi và chụp ảnh"), Goal.WORK),
            Step(SPOKEN, _("Ghi một việc nữa, lần này bấm nút rồi nói."), _("Ghi bằng lời nói"), Goal.WORK),
        ),
    ),
    Lesson(
        "spray",
        _("Ghi phun thuốc"),
        "spray",
        (
            Step(SPRAYED, _("Ghi một lần phun Thuốc sâu tập ở đồi chè."), _("Ghi phun thuốc"), Goal.SPRAY),
            Step(WARNED, _("Ghi hái chè hôm nay, và đọc lời máy nhắc."), _("Ghi hái chè"), Goal.PICK),
            Step(
                TAKEN_BACK,
                _("Mở dòng hái vừa ghi, bấm Sửa rồi Xóa bỏ dòng này."),
                _("Mở nhật ký"),
                Goal.DIARY,
            ),
        ),
    ),
    Lesson(
        "sell",
        _("Bán hàng"),
        "store",
        (
            Step(PRICED, _("Đổi giá gói Chè tập rồi lưu."), _("Mở Chè tập"), Goal.GOODS),
            Step(PICTURED, _("Chụp một tấm ảnh cho Chè tập rồi lưu."), _("Chụp ảnh hàng"), Goal.GOODS),
        ),
    ),
)
LESSON_OF = {step.code: lesson.code for lesson in LESSONS for step in lesson.steps}
"""Which lesson a step belongs to: a step's code is its own in all lessons."""

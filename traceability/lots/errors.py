"""What lots refuse."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.i18n import Text, _
from app.core.quantity import format_grams
from producers.diaries.waits import Hold

_MOST_NAMED = 3


class LotNotFoundError(NotFoundError):
    """There is no such lot, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lô hàng này."))


class SourceNotFoundError(NotFoundError):
    """A harvest or slip is not there, is another producer's, or was taken back in the diary."""

    def __init__(self) -> None:
        super().__init__(
            _("Có mẻ hái hoặc phiếu cân không còn trong sổ. Bạn mở lại trang và chọn lại giúp nhé."),
            code="source_not_found",
        )


class BundleLotError(InvalidError):
    """A box of several packs has no lot of its own: its contents have theirs."""

    def __init__(self) -> None:
        words = _("Hộp ghép nhiều món không có lô riêng. Bạn làm lô cho từng món trong hộp.")
        super().__init__(words, fields={"variant_id": words}, code="bundle_lot")


class NoSourceError(InvalidError):
    """A lot without a harvest behind it has no history."""

    def __init__(self) -> None:
        words = _("Bạn chọn ít nhất một mẻ hái hoặc một phiếu cân đã làm ra lô này.")
        super().__init__(words, fields={"source": words}, code="no_source")


class SourceRepeatedError(InvalidError):
    """The same harvest stands twice among the sources."""

    def __init__(self, label: Text) -> None:
        words = _("%(source)s đang được chọn hai lần.", source=label)
        super().__init__(words, fields={"source": words}, code="source_repeated")


class WrongCropError(InvalidError):
    """Fish cannot become tea."""

    def __init__(self, label: Text) -> None:
        words = _("%(source)s không phải là thứ làm ra gói hàng này.", source=label)
        super().__init__(words, fields={"source": words}, code="wrong_crop")


class DayError(InvalidError):
    """The day of making does not fit: in the future, or before the harvest."""

    def __init__(self, words: Text) -> None:
        super().__init__(words, fields={"produced_on": words}, code="wrong_day")


class SourceExhaustedError(ConflictError):
    """More is taken from a harvest or slip than is left in it; `left_g` in grams."""

    def __init__(self, label: Text, left: str, left_g: int) -> None:
        words = _("%(source)s chỉ còn %(left)s chưa vào lô nào.", source=label, left=left)
        super().__init__(words, fields={"source": words}, code="source_exhausted")
        self.left_g = left_g


class YieldExceededError(InvalidError):
    """More came out than can come out of what went in; names what went in. `most_g` in grams."""

    def __init__(
        self, *, sources: Text, input_weight: str, output_weight: str, most: str, most_g: int
    ) -> None:
        words = _(
            "Cân lại giúp nhé: %(sources)s cộng lại là %(input)s, làm ra nhiều nhất chừng %(most)s, "
            "không thể được %(output)s.",
            sources=sources,
            input=input_weight,
            most=most,
            output=output_weight,
        )
        super().__init__(words, fields={"quantity_g": words}, code="yield_exceeded")
        self.most_g = most_g


class LotHeldError(ConflictError):
    """The lot is held: something was harvested inside an interval. Names the entry and the first clear day."""

    def __init__(self, *, code: str, reason: Text) -> None:
        super().__init__(_("Lô %(lot)s đang bị giữ. %(reason)s", lot=code, reason=reason), code="lot_held")


class LotClosedError(ConflictError):
    """The lot was recalled, or there is nothing left of it."""

    def __init__(self, *, code: str, is_recalled: bool) -> None:
        super().__init__(
            _("Lô %(lot)s đã bị thu hồi, không in nhãn hay bán được nữa.", lot=code)
            if is_recalled
            else _("Lô %(lot)s đã hết hàng.", lot=code),
            code="lot_recalled" if is_recalled else "lot_exhausted",
        )


class PartsError(InvalidError):
    """A lot is split into too many parts, or into none."""

    def __init__(self, most: int) -> None:
        words = _("Bạn ghi từ 1 đến %(most)s phần, mỗi phần là số cân lấy ra.", most=most)
        super().__init__(words, fields={"part-1": words}, code="lot_parts")


class MergeAloneError(InvalidError):
    """One lot alone is no merge."""

    def __init__(self) -> None:
        words = _("Bạn chọn thêm ít nhất một lô nữa để gộp.")
        super().__init__(words, fields={"lot": words}, code="merge_alone")


class OtherPackError(InvalidError):
    """Lots of different packs are not merged."""

    def __init__(self, *, code: str) -> None:
        words = _("Lô %(lot)s là gói hàng khác, không gộp chung được.", lot=code)
        super().__init__(words, fields={"lot": words}, code="other_pack")


class LotShortError(ConflictError):
    """More is taken out of a lot than is left in it; `left_g` in grams. `field` is where it was typed."""

    def __init__(self, *, code: str, left_g: int, field: str) -> None:
        words = _(
            "Lô %(lot)s chỉ còn %(left)s chưa dán nhãn và chưa sang lô khác.",
            lot=code,
            left=format_grams(left_g),
        )
        super().__init__(words, fields={field: words}, code="lot_short")
        self.left_g = left_g


class TransitionError(ConflictError):
    """A lot cannot go from one state to that other."""

    def __init__(self, *, code: str) -> None:
        super().__init__(_("Lô %(lot)s không còn ở bước làm được việc này.", lot=code), code="lot_state")


class LabelsExceededError(ConflictError):
    """More labels were asked for than the lot's weight allows; `left` are packs. Names the harvests that the lot came from."""

    def __init__(
        self, *, code: str, wanted: int, left: int, weight: str, sources: Sequence[Text] = ()
    ) -> None:
        words = _(
            "Lô %(lot)s chỉ còn đủ cho %(left)s nhãn (%(weight)s chưa dán nhãn), chưa in được %(wanted)s nhãn.",
            lot=code,
            left=left,
            weight=weight,
            wanted=wanted,
        )
        if sources:
            words = _("%(refusal)s Lô này làm từ: %(sources)s.", refusal=words, sources=_say_some(sources))
        super().__init__(words, fields={"count": words}, code="labels_exceed_lot")
        self.left = left


def _say_some(labels: Sequence[Text]) -> Text:
    """The first few of many, after each other."""
    said = labels[0]
    for label in labels[1:_MOST_NAMED]:
        said = _("%(first)s, %(next)s", first=said, next=label)
    return _("%(first)s…", first=said) if len(labels) > _MOST_NAMED else said


def hold_reason(hold: Hold) -> Text:
    """Say which spray or treatment holds a lot, and the first day on which a harvest would have been clear."""
    return _(
        "Có mẻ thu hoạch khi chưa đủ ngày cách ly của %(input)s (dùng ngày %(used)s). "
        "Phải từ ngày %(clear)s mới được thu hoạch.",
        input=hold.input_name,
        used=f"{hold.used_on:%d/%m/%Y}",
        clear=f"{hold.clear_on:%d/%m/%Y}",
    )

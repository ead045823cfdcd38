"""What a period came to, in the words of the scale: sentences, money lines, and what is not known yet."""

from __future__ import annotations

from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.quantity import format_grams
from producers.farms.models import Crop
from storefront.margins.repository import Bought
from storefront.margins.service import Made, Margin, per_kilo

HEADS = {
    Crop.TEA: _("Búp chè tươi"),
    Crop.STURGEON: _("Cá tầm"),
    Crop.SALMON: _("Cá hồi"),
}
NOT_IN_BOOKS = _(
    "Chưa trừ công làm, củi lửa, điện, bao bì: sổ của chợ không ghi những khoản này, nên đây chưa phải là lãi."
)


def say_bought(margin: Margin) -> Text:
    """Say what was weighed in and what it cost."""
    bought = margin.bought
    return _(
        "Hợp tác xã cân vào %(weight)s của %(count)s nhà, hết %(amount)s. Tính ra mỗi kg %(price)s.",
        weight=format_grams(bought.weight_g),
        count=bought.households,
        amount=format_dong(bought.amount_minor),
        price=format_dong(per_kilo(bought.amount_minor, bought.weight_g)),
    )


def say_made(margin: Margin) -> Text:
    """Say what was made of it."""
    if not margin.made_g:
        return _("Chưa làm ra lô hàng nào từ số này.")
    return _(
        "Đã đưa %(raw)s vào làm, ra %(made)s hàng.",
        raw=format_grams(margin.used_raw_g),
        made=format_grams(margin.made_g),
    )


def say_sold(margin: Margin) -> Text:
    """Say what of it was sold, for how much."""
    if not margin.sold_g:
        return _("Chưa bán được gì qua chợ từ số hàng này.")
    return _(
        "Đã bán %(sold)s qua chợ, được %(goods)s. Tiền giảm giá và tiền trả lại khách đã trừ ra rồi.",
        sold=format_grams(margin.sold_g),
        goods=format_dong(margin.money.goods_minor),
    )


def tell_money(margin: Margin) -> list[tuple[Text, int]]:
    """Say where the money went as lines (words, đồng); together they are what is left."""
    money = margin.money
    taken = [
        (_("Phí chợ"), money.market_fee_minor),
        (_("Phí thu tiền"), money.payment_fee_minor),
        (_("Thuế giữ hộ"), money.tax_minor),
        (_("Bên giao giữ nhiều hơn tiền gửi hàng"), money.sending_minor),
        (
            _("Tiền mua %(weight)s của các nhà", weight=format_grams(margin.gone_raw_g)),
            margin.gone_cost_minor,
        ),
    ]
    lines = [(_("Tiền bán hàng"), money.goods_minor)]
    return lines + [(words, -amount) for words, amount in taken if amount]


def price_kilo(margin: Margin) -> tuple[int, int]:
    """What a kilo that is sold brought, and what was paid for it, in đồng; what is left of it is the one less the other."""
    weight = margin.gone_raw_g
    return per_kilo(margin.money.left_minor, weight), per_kilo(margin.gone_cost_minor, weight)


def say_left(margin: Margin) -> Text:
    """Say what is left for each kilo that was weighed in and is sold."""
    got, paid = price_kilo(margin)
    told = {"got": format_dong(got), "paid": format_dong(paid), "left": format_dong(abs(got - paid))}
    if margin.left_minor < 0:
        return _(
            "Cứ mỗi kg cân vào đã thành hàng bán đi: bán được %(got)s, trả cho các nhà %(paid)s, thiếu %(left)s.",
            **told,
        )
    return _(
        "Cứ mỗi kg cân vào đã thành hàng bán đi: bán được %(got)s, trả cho các nhà %(paid)s, còn lại %(left)s.",
        **told,
    )


def tell_gaps(margin: Margin) -> list[Text]:
    """Say what is not sold, not made, not settled, or not known."""
    kept = margin.other_g
    weights = (
        (margin.bought.unmade_g, _("Còn %(weight)s cân vào mà chưa thấy vào lô nào.")),
        (margin.shelf_g, _("Còn %(weight)s hàng trên kệ chưa bán.")),
        (margin.waiting_g, _("Còn %(weight)s hàng đang bị giữ lại, chưa được bán.")),
        (margin.pending_g, _("Có %(weight)s hàng khách trả khi nhận, tiền chưa về.")),
        (margin.back_g, _("Có %(weight)s hàng đã trả lại tiền mà hàng không về.")),
        (max(kept, 0), _("Có %(weight)s hàng không còn trên kệ mà không có đơn: bán tay, cho, hao hụt, lẻ.")),
        (max(-kept, 0), _("Kệ đang nhiều hơn sổ lô %(weight)s.")),
        (margin.nobodys_g, _("Có %(weight)s của vườn, ao chưa ghi chủ nhà, không tính ở đây.")),
    )
    said = [Text(words.msgid, {"weight": format_grams(grams)}) for grams, words in weights if grams]
    if margin.bought.unsettled_minor:
        said.append(
            _("Còn %(amount)s chưa chốt với các nhà.", amount=format_dong(margin.bought.unsettled_minor))
        )
    if margin.money.delivery_minor:
        said.append(
            _(
                "Khách trả riêng %(amount)s tiền gửi hàng. Tiền này để trả bên giao, không tính là tiền hàng.",
                amount=format_dong(margin.money.delivery_minor),
            )
        )
    return said


def say_grade(one: Bought) -> Text:
    """Say what one grade weighed, and what a kilo of it cost."""
    return _(
        "%(weight)s, mỗi kg %(price)s",
        weight=format_grams(one.weight_g),
        price=format_dong(per_kilo(one.amount_minor, one.weight_g)),
    )


def say_pack(made: Made) -> Text:
    """Say what became of one pack."""
    told = {"made": format_grams(made.made_g), "sold": format_grams(made.sold_g)}
    if not made.shelf_g:
        return _("làm ra %(made)s, đã bán %(sold)s, trên kệ không còn", **told)
    left = format_grams(made.shelf_g)
    if made.shelf_packs is None:
        return _("làm ra %(made)s, đã bán %(sold)s, trên kệ còn %(left)s", left=left, **told)
    return _(
        "làm ra %(made)s, đã bán %(sold)s, trên kệ còn %(left)s, chừng %(count)s × %(name)s",
        left=left,
        count=made.shelf_packs,
        name=made.variant_name,
        **told,
    )

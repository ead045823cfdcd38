"""The questions of the close in words: each says what is so when all is well."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.i18n import Text, _
from storefront.closing.questions import Question

QUESTIONS: Mapping[Question, Text] = {
    Question.JOURNALS: _("Bút toán nào cũng cộng bằng không"),
    Question.SALES: _("Đơn đã trả tiền đều vào sổ bán hàng"),
    Question.MONEY: _("Tiền vào, tiền ra khớp với sổ ngân hàng"),
    Question.SUSPENSE: _("Tiền chưa rõ của ai khớp với danh sách chờ"),
    Question.REFUNDS: _("Tiền phải trả lại khách khớp với danh sách"),
    Question.RECEIVABLES: _("Tiền giữ hộ khách khớp với danh sách chờ"),
    Question.FINISHED: _("Đơn đã xong thì khách không còn nợ"),
    Question.TRANSIT: _("Tiền đang chuyển cho nhà vườn khớp với các đợt trả"),
    Question.TAXES: _("Thuế giữ hộ trong sổ khớp với từng đơn và lần nộp"),
    Question.SHELVES: _("Số hàng giữ chỗ trong kho khớp với từng đơn"),
    Question.HOLDS: _("Chỉ đơn còn dở mới giữ hàng"),
    Question.GIFTS: _("Tiền chợ trả hộ khách khớp với từng đơn"),
    Question.COURIERS: _("Tiền thu hộ chưa về khớp với các đơn đã giao"),
}

"""What cooperatives refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.i18n import _


class ProducerNotFoundError(NotFoundError):
    """There is no such producer."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy cơ sở này."))


class MembershipNotFoundError(NotFoundError):
    """There is no such membership, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy thành viên này."))


class NotAMemberError(ForbiddenError):
    """This person belongs to no producer."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Trang này dành cho hợp tác xã và nhà nông. Bạn nhờ người quản lý thêm số điện thoại của bạn vào."
            )
        )


class OtherHelperError(ForbiddenError):
    """The phone says that another helper wrote it than the one who is logged in."""

    def __init__(self) -> None:
        super().__init__(
            _("Việc này do người giúp khác ghi. Người ấy đăng nhập rồi gửi lại nhé."), code="other_helper"
        )


class RoleMissingError(ForbiddenError):
    """This member's roles do not reach so far."""

    def __init__(self) -> None:
        super().__init__(_("Việc này do người khác trong cơ sở phụ trách. Bạn hỏi người quản lý nhé."))


class LastManagerError(ConflictError):
    """Without a manager nobody could let anybody in again."""

    def __init__(self) -> None:
        super().__init__(
            _("Đây là người quản lý cuối cùng. Bạn thêm người quản lý khác trước đã."), code="last_manager"
        )


class NumbersUsedUpError(ConflictError):
    """The producer's GS1 prefix has no item number left."""

    def __init__(self) -> None:
        super().__init__(_("Đầu mã GS1 này đã dùng hết số. Bạn xin thêm đầu mã mới."), code="numbers_used_up")


class UnknownBankError(InvalidError):
    """No bank has this number."""

    def __init__(self) -> None:
        words = _("Bạn chọn một ngân hàng trong danh sách.")
        super().__init__(words, fields={"payout_bank_bin": words})


class PracticeOnlyError(ConflictError):
    """A practice farm does this only as far as its fence."""

    def __init__(self) -> None:
        super().__init__(
            _("Đây là vườn tập, nên việc này dừng ở đây. Ở vườn thật thì bấm như vậy là xong."),
            code="practice_only",
        )

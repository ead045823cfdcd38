"""Words of mandates: what a helper may do, and lists said in one breath."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

from app.core.i18n import Text, _
from producers.mandates.models import ProofKind, Scope

SCOPE_WORDS: Mapping[Scope, Text] = {
    Scope.DIARY: _("ghi nhật ký"),
    Scope.FARMS: _("thêm nhà vườn, ao cá"),
    Scope.INTAKE: _("ghi phiếu cân"),
    Scope.LOTS: _("lập lô hàng"),
}
SCOPE_ICONS: Mapping[Scope, str] = {
    Scope.DIARY: "write",
    Scope.FARMS: "sprout",
    Scope.INTAKE: "scale",
    Scope.LOTS: "basket",
}
PROOF_WORDS: Mapping[ProofKind, Text] = {
    ProofKind.OTP: _("bằng mã gửi về điện thoại"),
    ProofKind.VOICE: _("bằng lời nói ghi âm"),
    ProofKind.PAPER: _("bằng giấy đã ký"),
}


def say_scopes(scopes: Iterable[str]) -> Text:
    """Say what a mandate is for: "ghi nhật ký, lập lô hàng"."""
    return join([SCOPE_WORDS[scope] for scope in Scope if scope in set(scopes)])


def join(parts: Sequence[Text]) -> Text:
    """Put sentences behind one another, each still to be spoken."""
    return reduce(lambda one, other: Text("%(one)s, %(other)s", {"one": one, "other": other}), parts)

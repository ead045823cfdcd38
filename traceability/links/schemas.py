"""What comes into links: the form of one."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints

from app.core.fields import FieldError, FormModel
from app.core.i18n import Text, _
from traceability.links.addresses import TemplateError, read_template
from traceability.links.vocabulary import LINK_TYPES, MEDIA_TYPES

MOST_WORDS = 6
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?", re.ASCII)
_CONTEXT = re.compile(r"[A-Za-z0-9-]{2,32}", re.ASCII)


def _href(value: Any) -> str:
    try:
        return read_template(str(value))
    except TemplateError as error:
        raise FieldError(error.reason) from error


def _list(value: Any, form: re.Pattern[str], wrong: Text) -> list[str]:
    words = value if isinstance(value, list) else re.split(r"[\s,;]+", str(value).strip())
    found = list(dict.fromkeys(word for word in words if word))
    if len(found) > MOST_WORDS or not all(form.fullmatch(word) for word in found):
        raise FieldError(wrong)
    return found


def _languages(value: Any) -> list[str]:
    return _list(value, _LANGUAGE, _("Bạn ghi tiếng bằng hai chữ, như vi, en hoặc fr-FR."))


def _contexts(value: Any) -> list[str]:
    return _list(value, _CONTEXT, _("Bạn ghi nước bằng hai chữ, như VN, FR; cách nhau bằng dấu phẩy."))


def _one_of(known: Any) -> Any:
    def read(value: Any) -> str:
        if str(value) not in known:
            raise FieldError(_("Bạn chọn một trong các ô có sẵn."))
        return str(value)

    return read


class LinkFields(FormModel):
    """What a link says and where it leads; `is_hidden` keeps it out of lists, `drops_query` keeps the query back."""

    link_type: Annotated[str, BeforeValidator(_one_of(LINK_TYPES))]
    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    href: Annotated[str, BeforeValidator(_href)]
    hreflang: Annotated[Any, BeforeValidator(_languages)] = ""
    media_type: Annotated[str, BeforeValidator(_one_of(MEDIA_TYPES))] | None = None
    context: Annotated[Any, BeforeValidator(_contexts)] = ""
    drops_query: bool = False
    is_hidden: bool = False


class NewLink(LinkFields):
    """A new link with the code that it hangs on: a pack of one's own (perhaps a lot, perhaps one label), or `code`."""

    gtin: str | None = None
    lot: Annotated[str, StringConstraints(max_length=20)] | None = None
    serial: Annotated[str, StringConstraints(max_length=20)] | None = None
    code: Annotated[str, StringConstraints(max_length=200)] | None = None

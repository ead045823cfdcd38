"""Forms: what was typed stays, what is wrong is said beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from app.core.errors import AppError, InvalidError
from app.core.fields import FormModel, explain
from app.core.i18n import _
from app.core.ids import uuid7

if TYPE_CHECKING:
    from fastapi import Request

    from app.core.i18n import Text

F = TypeVar("F", bound=FormModel)
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])
"""Characters that no key types, but for tab and line ends: the database holds no NUL, an SVG none of them."""
MAX_FIELDS = 400
MAX_FILES = 12
MAX_TEXT = 1024 * 1024


@dataclass(frozen=True)
class Form:
    """A form as a page shows it: typed values and the words beside them."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Text] = field(default_factory=dict)

    def refused(self, error: AppError) -> Form:
        """The same form with what a service said of it: beside the fields, or above the form (key "")."""
        return Form(self.values, dict(error.fields) or {"": error.message})

    def new_id(self) -> UUID:
        """The id of what the form makes, as its page gave it (`forms.makes`): sent again, the form names the same thing.

        A page from before it bore one makes a thing of its own each time. Raises `FormIdError` for what is no id.
        """
        said = self.values.get("id", "").strip()
        try:
            return UUID(said) if said else uuid7()
        except ValueError as error:
            raise FormIdError from error


@cache
def _lists_of(schema: type[FormModel]) -> frozenset[str]:
    """The fields of a schema that take whatever is sent under their name."""
    fields = schema.model_fields.items()
    return frozenset(
        name for name, info in fields if str(info.annotation).startswith(("list", "tuple", "set"))
    )


@dataclass(frozen=True)
class Submission:
    """A posted form: its fields and its files."""

    form: Form
    data: FormData

    def read(self, schema: type[F], **extra: object) -> tuple[F | None, Form]:
        """Read the fields as `schema`; answers (None, form with errors) when something is wrong.

        Fields named twice (checkboxes) arrive as a list when the schema wants a list.
        """
        wanted: dict[str, object] = {}
        lists = _lists_of(schema)
        for name in schema.model_fields:
            values = [value for value in self.data.getlist(name) if isinstance(value, str) and value.strip()]
            if name in lists:
                wanted[name] = values
            elif values:
                wanted[name] = values[-1]
        try:
            return schema.model_validate({**wanted, **extra}), self.form
        except ValidationError as error:
            return None, Form(self.form.values, explain(error))

    def files(self, name: str) -> list[UploadFile]:
        """The files under one name that really hold something."""
        return [item for item in self.data.getlist(name) if isinstance(item, UploadFile) and item.filename]


class FormIdError(InvalidError):
    """A form was sent with an id that no page of ours wrote."""

    def __init__(self) -> None:
        super().__init__(_("Trang này không còn dùng được. Bạn mở lại rồi ghi lại giúp nhé."), code="form-id")


class TooLongTextError(InvalidError):
    """One field holds more than any of ours may: a book that was pasted by mistake."""

    def __init__(self) -> None:
        words = _("Có chỗ viết dài quá nên chợ không nhận được. Bạn viết ngắn lại giúp nhé.")
        super().__init__(words, code="too-long")


async def read_submission(request: Request) -> Submission:
    """Read a posted form once, files into memory (the door bounds the body); too many of either are refused.

    Raises `TooLongTextError` for a field above `MAX_TEXT` bytes.
    """
    try:
        return await _read(request)
    except HTTPException as error:
        # The reader answers 400 to everything, and tells one thing from another in its English alone.
        if "maximum size" in str(error.detail):
            raise TooLongTextError from error
        raise


async def _read(request: Request) -> Submission:
    limits = request.form(max_fields=MAX_FIELDS, max_files=MAX_FILES, max_part_size=MAX_TEXT)
    async with limits as posted:
        items: list[tuple[str, str | UploadFile]] = [
            (
                key,
                value.translate(_CONTROLS)
                if isinstance(value, str)
                else UploadFile(BytesIO(await value.read()), filename=value.filename, headers=value.headers),
            )
            for key, value in posted.multi_items()
        ]
    values = {key: value for key, value in items if isinstance(value, str)}
    return Submission(Form(values), FormData(items))

"""What a party writes into its form, to book or to wait: filled in and read in one place."""

from __future__ import annotations

from fastapi import Request

from app.accounts.models import Person
from app.core.phone import format_phone
from app.web.forms import Form, read_submission
from storefront.tours.schemas import BookingFields, NewBooking, read_extras, read_units


def begin(request: Request, person: Person | None) -> Form:
    """The form as it opens: who is logged in is known, and what the link carries is filled in already."""
    known = {"contact_name": person.name, "contact_phone": format_phone(person.phone or "")} if person else {}
    typed = {name: value for name, value in request.query_params.items() if name != "lang"}
    return Form(known | typed)


async def read(request: Request) -> tuple[NewBooking | None, Form]:
    """What a party wants, and the form as it was typed; None with what is wrong in it."""
    fields, form = (await read_submission(request)).read(BookingFields)
    units, unit_errors = read_units(form.values)
    chosen, extra_errors = read_extras(form.values)
    if fields is None or unit_errors or extra_errors:
        return None, Form(form.values, {**form.errors, **unit_errors, **extra_errors})
    wish = NewBooking(
        id=fields.id,
        departure_id=fields.departure_id,
        units=units,
        contact_name=fields.contact_name,
        contact_phone=fields.contact_phone,
        note=fields.note,
        extras=chosen,
    )
    return wish, form

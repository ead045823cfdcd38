"""Who pays for a booking, as the desk of payments asks."""

from app.core.ids import uuid7
from storefront.payments.ports import Payer
from storefront.tours import bookings
from storefront.tours.payers import BookingPayers
from tests.factories import visits


async def test_a_bookings_payer_is_its_contact(session, house):
    """The contact's name and phone are told; a booking that is not there is left out, and none takes another's place."""
    visit = await visits.make_visit(session)
    booking = await bookings.create_booking(
        session,
        booking=visits.wish(visit),
        secret=house.secret,
        person_id=None,
        language="vi",
        now=house.clock.now(),
    )
    assert await BookingPayers().list_payers(session, [booking.id, uuid7()]) == {
        booking.id: Payer(name=booking.contact_name, phone=booking.contact_phone)
    }
    assert await BookingPayers().find_successor(session, booking.id) is None

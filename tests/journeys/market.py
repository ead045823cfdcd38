"""A market that a machine plays: baskets, orders, money by transfer, card and on delivery, credit, parcels, refunds, recalls, and time.

Every rule is one act of a buyer, a bank, a card house, a packer, an accountant or the clock, through the services and
the webhooks' own doors, each in a transaction of its own. What may be refused says so in its rule; anything else that
is raised is a fault. After every act the books are read as a whole (tests/books.py), next to a few sums that the
machine keeps for itself.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import func, select

from app.core.errors import ConflictError, UpstreamError
from app.core.ids import uuid7
from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.checkout.errors import OpenCashError
from storefront.checkout.service import MOST_OPEN_CASH
from storefront.credits import service as credits_
from storefront.ledger import service as ledger
from storefront.orders import cancelling
from storefront.orders import jobs as orders_jobs
from storefront.orders import parcels as order_parcels
from storefront.orders import service as orders
from storefront.orders.errors import WrongStateError
from storefront.orders.models import Order, OrderState
from storefront.orders.states import sum_states
from storefront.payments import cards, receipts
from storefront.payments import jobs as payments_jobs
from storefront.payments.models import Payment, Receipt
from storefront.refunds import service as refunds
from storefront.refunds.errors import RefundedError
from storefront.remittances import service as remittances
from storefront.remittances.service import Share
from storefront.stock import service as stock
from storefront.stock.errors import SoldOutError
from storefront.stock.models import StockItem, StockMovement
from storefront.vouchers.errors import VoucherDayError, VoucherUsedUpError
from storefront.vouchers.models import Voucher
from tests.books import list_breaches
from tests.factories.orders import BANK, SECRET, get_payment, make_recipient
from tests.factories.storefront import NOW
from tests.factories.vouchers import CODE
from tests.fakes import sepay
from tests.fakes import stripe as card_fakes
from tests.journeys.market_parcels import Parcels
from tests.journeys.market_stage import PICK, VOUCHER_USES, Page, Report


class Market(Parcels):
    """See the module."""

    # ------------------------------------------------------------ buyers

    @rule(boxes=st.integers(0, 3), bags=st.integers(0, 2), gifts=st.integers(0, 2), fish=st.integers(0, 3))
    def order(self, boxes: int, bags: int, gifts: int, fish: int) -> None:
        """Fill a basket and order it: an order when everything is there, a polite refusal when not."""
        wanted = {self.shop.bad.id: boxes, self.gift.id: gifts, self.shop.good.id: bags}
        wanted[self.fish.id] = 500 * fish
        if not any(wanted.values()):
            return
        cart_id, priced = self.run(lambda session: self._fill(session, wanted))
        try:
            order = self.run(lambda session: self._place(session, cart_id, priced.total_minor))
        except SoldOutError:
            assert not priced.can_be_ordered
            return
        assert priced.can_be_ordered
        self.kept.orders.append(order.id)
        self.kept.carts[order.id] = cart_id

    @rule(gifts=st.integers(0, 1), bags=st.integers(1, 2), fish=st.integers(0, 1))
    def order_with_voucher(self, gifts: int, bags: int, fish: int) -> None:
        """Order with a code of the tea's producer: refused in words once its day is over or its uses are taken."""
        wanted = {self.gift.id: gifts, self.shop.good.id: bags, self.fish.id: 500 * fish}
        cart_id, priced = self.run(lambda session: self._fill(session, wanted))
        try:
            found = self.run(
                lambda session: checkout.price_voucher(
                    session, code=CODE, parts=priced.parts, now=self.clock.now()
                )
            )
            total_minor = priced.total_minor - found.total_minor
            order = self.run(lambda session: self._place(session, cart_id, total_minor, voucher_code=CODE))
        except SoldOutError:
            assert not priced.can_be_ordered
        except VoucherDayError:
            assert self.clock.now() >= NOW + timedelta(days=2)
        except VoucherUsedUpError:
            uses = self.run(lambda session: session.scalar(select(Voucher.uses_taken)))
            assert uses == VOUCHER_USES
        else:
            assert order.total_minor == total_minor < priced.total_minor
            self.kept.orders.append(order.id)
            self.kept.carts[order.id] = cart_id

    @rule(boxes=st.integers(0, 2), bags=st.integers(1, 2))
    def order_on_delivery(self, boxes: int, bags: int) -> None:
        """Order tea to be paid on delivery: refused in words while the number has three of them open."""
        wanted = {self.shop.bad.id: boxes, self.shop.good.id: bags}
        cart_id, priced = self.run(lambda session: self._fill(session, wanted))
        try:
            order = self.run(lambda session: self._place(session, cart_id, priced.total_minor, is_cash=True))
        except SoldOutError:
            assert not priced.can_be_ordered
        except OpenCashError:
            assert sum(self._order(one).collect_minor > 0 for one in self.kept.orders) >= MOST_OPEN_CASH
        else:
            assert order.state is OrderState.AWAITING_CONFIRMATION
            self.kept.orders.append(order.id)
            self.kept.carts[order.id] = cart_id

    @rule(bags=st.integers(1, 2), is_cash=st.booleans())
    def order_with_credit(self, bags: int, is_cash: bool) -> None:  # noqa: FBT001 - a drawn fact
        """Order with what was kept of refunds; a đồng is left to pay, so that there is a payment."""
        cart_id, priced = self.run(lambda session: self._fill(session, {self.shop.good.id: bags}))
        held = self.run(lambda session: credits_.balance(session, self.buyer_id))
        how = {"is_cash": is_cash, "credit_minor": min(held, priced.total_minor - 1)}
        try:
            order = self.run(lambda session: self._place(session, cart_id, priced.total_minor, **how))
        except SoldOutError:
            assert not priced.can_be_ordered
        except OpenCashError:
            assert is_cash
        else:
            assert (
                self.run(lambda session: credits_.balance(session, self.buyer_id))
                == held - order.credit_minor
            )
            self.kept.orders.append(order.id)
            self.kept.carts[order.id] = cart_id

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK)
    def keep_refund(self, pick: int) -> None:
        """The buyer keeps what goes back as credit."""
        found = [one for one in self.run(refunds.list_refunds) if one.paid_at is None]
        if found:
            chosen = self._choose(found, pick).id
            self.run(
                lambda session: refunds.give_credit(
                    session, refund_id=chosen, person_id=self.buyer_id, now=self.clock.now()
                )
            )

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK, of=PICK, is_in_hand=st.booleans())
    def remit(self, pick: int, of: int, is_in_hand: bool) -> None:  # noqa: FBT001 - a drawn fact
        """Money on delivery comes: into the producer's hand, or as a transfer of any size that waits for its parcels."""
        waiting = self.run(remittances.list_waiting)
        sums = [item.receipt for item in self._queue() if item.payment is None]
        if not waiting or not (is_in_hand or sums):
            return
        one = self._choose(waiting, pick)
        order_id, now = one.parcel.order.id, self.clock.now()
        if is_in_hand:
            self.kept.in_hand += 1
            self.run(
                lambda session: remittances.keep_cash(
                    session,
                    remittance_id=uuid7(),
                    producer_id=self.shop.producer_id,
                    order_ids={order_id},
                    person_id=self.staff_id,
                    now=now,
                )
            )
            return
        transfer = self._choose(sums, of)
        self.kept.parts += 1
        self.run(
            lambda session: remittances.divide_transfer(
                session,
                receipt_id=transfer.id,
                shares=[Share(order_id, transfer.amount_minor)],
                person_id=self.staff_id,
                now=now,
            )
        )

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK)
    def submit_again(self, pick: int) -> None:
        """A second submit of a basket leads to the same order."""
        order_id = self._choose(self.kept.orders, pick)
        again = self.run(lambda session: self._place(session, self.kept.carts[order_id], 0))
        assert again.id == order_id

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        """The buyer gives an order up: once it is paid, too late."""
        order = self._order(self._choose(self.kept.orders, pick))
        try:
            self.run(
                lambda session: cancelling.cancel_order(session, order_id=order.id, now=self.clock.now())
            )
        except WrongStateError:
            assert order.paid_at is not None or order.is_cash

    # ------------------------------------------------------------ the bank

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK, share=st.sampled_from([1.0, 1.0, 1.0, 0.4, 0.6, 1.3]))
    def transfer(self, pick: int, share: float) -> None:
        """Money leaves the payer's bank; the report is under way."""
        self._send(self._choose(self.kept.orders, pick), share)

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK, share=st.sampled_from([1.0, 1.0, 1.0, 0.5]))
    def pay(self, pick: int, share: float) -> None:
        """Money whose report comes at once."""
        self._tell(self._send(self._choose(self.kept.orders, pick), share), times=1)

    @rule(amount=st.integers(1, 900_000), is_other_account=st.booleans())
    def transfer_of_nobody(self, amount: int, is_other_account: bool) -> None:  # noqa: FBT001 - a drawn fact
        """Money without a code, or on another account of the house."""
        account = {"accountNumber": "999"} if is_other_account else {}
        body = sepay.make_body(content="tien che", transferAmount=amount, **account)
        self.kept.reports.append(Report(body, amount))

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK)
    def outgoing(self, pick: int) -> None:
        """Money that goes out is no payment, whatever its memo says."""
        code = self._code(self._choose(self.kept.orders, pick))
        self._tell(Report(sepay.make_body(content=code, transferType="out"), 0), times=1)

    @precondition(lambda self: self.kept.reports)
    @rule(pick=PICK, times=st.integers(1, 2))
    def report(self, pick: int, times: int) -> None:
        """A report arrives: late, out of order, twice, or again after days."""
        self._tell(self._choose(self.kept.reports, pick), times=times)

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK, how=st.sampled_from(["secret", "age", "body", "none"]))
    def forge(self, pick: int, how: str) -> None:
        """A report that the bank did not send, or that was kept for long, is refused."""
        code = self._code(self._choose(self.kept.orders, pick))
        raw = json.dumps(sepay.make_body(content=code)).encode()
        facts: dict[str, Any] = {
            "secret": {"secret": "guessed"},
            "age": {"age_s": 301},
            "none": {"headers": {}},
            "body": {"headers": {"X-SePay-Signature": sepay.sepay.sign("sepay-test-secret", 0, raw)}},
        }[how]
        answer = self.stage.run(sepay.send(self.stage.client, raw, now=self.clock.now(), **facts))
        assert answer.status_code == 401

    # ------------------------------------------------------------ cards

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK)
    def open_card(self, pick: int) -> None:
        """The buyer goes to the card page, when there is something to pay and the card house answers."""
        order_id = self._choose(self.kept.orders, pick)
        payment = self.run(lambda session: self._payment(session, order_id))
        try:
            url = self.stage.run(
                cards.start_card(
                    self.stage.house.database,
                    self.stage.stripe.gateway,
                    token=payment.token,
                    title="Chợ Phiên",
                    back_url="http://127.0.0.1:8000/orders/x",
                    now=self.clock.now(),
                )
            )
        except UpstreamError:
            assert self.stage.stripe.is_down
        except ConflictError:
            return
        else:
            name = url.rsplit("/", 1)[1]
            if name not in {page.session_id for page in self.kept.pages}:
                due = payment.amount_minor - payment.received_minor
                self.kept.pages.append(Page(name, due))

    @precondition(lambda self: any(page.event is None for page in self.kept.pages))
    @rule(pick=PICK)
    def pay_card(self, pick: int) -> None:
        """The card pays, if the page is open still; we are told later, or never."""
        page = self._choose([page for page in self.kept.pages if page.event is None], pick)
        try:
            page.event = self.stage.run(self.stage.stripe.pay(page.session_id))
        except card_fakes.card_house.RefusedError:
            return

    @precondition(lambda self: any(page.event for page in self.kept.pages))
    @rule(pick=PICK, times=st.integers(1, 2))
    def hear_card(self, pick: int, times: int) -> None:
        """The card house tells of a payment, now or again."""
        page = self._choose([page for page in self.kept.pages if page.event], pick)
        assert page.event is not None
        for _time in range(times):
            answer = self.stage.run(card_fakes.deliver(self.stage.client, page.event))
            # A repeat is known without asking, or asked about again: either is right.
            assert answer.status_code == (502 if self.stage.stripe.is_down else 200)
            page.is_known |= answer.status_code == 200

    @precondition(lambda self: self.kept.pages and not self.stage.stripe.is_down)
    @rule()
    def ask_card_house(self) -> None:
        """Open pages are asked about: a message that got lost costs no payment."""
        now = self.clock.now()
        self.stage.run(
            cards.settle_open_sessions(self.stage.house.database, self.stage.stripe.gateway, now=now)
        )
        for page in self.kept.pages:
            page.is_known |= page.event is not None

    @rule()
    def cut_the_line(self) -> None:
        """The card house goes away, or comes back."""
        self.stage.stripe.is_down = not self.stage.stripe.is_down

    # ------------------------------------------------------------ the desk

    @precondition(lambda self: self.kept.orders and self.kept.reports)
    @rule(pick=PICK, of=PICK)
    def match(self, pick: int, of: int) -> None:
        """Money of nobody is given to a payment."""
        waiting = [item.receipt.id for item in self._queue() if item.payment is None]
        if waiting:
            code = self._code(self._choose(self.kept.orders, of))
            self.run(
                lambda session: receipts.match_receipt(
                    session,
                    receipt_id=self._choose(waiting, pick),
                    code=code,
                    person_id=self.staff_id,
                    now=self.clock.now(),
                )
            )

    @precondition(lambda self: self.kept.reports or self.kept.pages)
    @rule(pick=PICK)
    def give_back(self, pick: int) -> None:
        """Money that waits goes back to its payer, unless the payer still has time."""
        queue = self._queue()
        if not queue:
            return
        item = self._choose(queue, pick)
        try:
            self.run(
                lambda session: receipts.return_receipt(
                    session,
                    receipt_id=item.receipt.id,
                    reference="FT1",
                    person_id=self.staff_id,
                    now=self.clock.now(),
                )
            )
        except ConflictError:
            assert item.is_waiting
        else:
            assert not item.is_waiting
            self.kept.went_back += item.return_minor

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK, is_twice=st.booleans())
    def pay_refund(self, pick: int, is_twice: bool) -> None:  # noqa: FBT001 - a drawn fact
        """The accountant sends a refund, once however often it is written down."""
        found = [one for one in self.run(refunds.list_refunds) if one.paid_at is None]
        if not found:
            return
        refund = self._choose(found, pick)

        async def write(session: Any) -> None:
            await refunds.record_paid(
                session,
                refund_id=refund.id,
                bank_account=BANK,
                reference="FT2",
                person_id=self.staff_id,
                now=self.clock.now(),
            )

        self.run(write)
        self.kept.went_back += refund.amount_minor
        if is_twice:
            try:
                self.run(write)
            except RefundedError:
                return
            raise AssertionError("a refund was paid twice")

    # ------------------------------------------------------------ time

    @rule(minutes=st.sampled_from([1, 5, 14, 15, 16, 31, 60 * 24]))
    def wait(self, minutes: int) -> None:
        """Time goes by."""
        self.clock.advance(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        """The jobs of the minute run."""
        database, now = self.stage.house.database, self.clock.now()
        self.stage.run(orders_jobs.expire_due(database, now=now))
        self.run(lambda session: stock.expire_reservations(session, now=now))
        self.run(lambda session: payments_jobs.expire_due(session, now=now))

    # ------------------------------------------------------------ what holds

    @invariant()
    def the_books_are_whole(self) -> None:
        """Nothing that tests/books.py knows of is broken, and the machine's own sums are those of the books."""
        if not hasattr(self, "kept"):
            return

        async def read(session: Any) -> None:
            breaches = await list_breaches(session, now=self.clock.now())
            assert not breaches, breaches
            held = await ledger.balances(session, "bank") | await ledger.balances(session, "gateway_clearing")
            told = [report.amount_minor for report in self.kept.reports if report.is_told]
            heard = [page.amount_minor for page in self.kept.pages if page.is_known]
            assert sum(held.values()) == sum(told) + sum(heard) - self.kept.went_back
            came = await session.scalar(select(func.count()).select_from(Receipt))
            assert came == len(told) + len(heard) + self.kept.in_hand + self.kept.parts
            moved = await session.execute(
                select(StockItem.id, StockItem.on_hand, func.coalesce(func.sum(StockMovement.delta), 0))
                .outerjoin(StockMovement, StockMovement.stock_item_id == StockItem.id)
                .group_by(StockItem.id)
            )
            for item_id, on_hand, delta in moved:
                assert on_hand == self.kept.on_hand[item_id] + int(delta)
            parcels = await order_parcels.list_consignments(session, self.kept.orders)
            for order_id in self.kept.orders:
                order = await orders.get_order(session, order_id)
                assert order.state is sum_states([one.state for one in parcels if one.order_id == order_id])

        self.run(read)

    # ------------------------------------------------------------ in short

    async def _payment(self, session: Any, order_id: UUID) -> Payment:
        return await get_payment(session, await orders.get_order(session, order_id))

    def _code(self, order_id: UUID) -> str:
        return str(self.run(lambda session: self._payment(session, order_id)).code)

    async def _fill(self, session: Any, wanted: dict[UUID, int]) -> tuple[UUID, carts.PricedCart]:
        """A new basket, and how it is priced."""
        cart, _token = await carts.open_cart(session, None, now=self.clock.now())
        for variant_id, quantity in wanted.items():
            if quantity:
                await carts.add_line(
                    session, cart_id=cart.id, variant_id=variant_id, quantity=quantity, now=self.clock.now()
                )
        return cart.id, await carts.price_cart(session, cart.id, now=self.clock.now())

    async def _place(self, session: Any, cart_id: UUID, total_minor: int, **how: Any) -> Order:
        return await checkout.place_order(
            session,
            secret=SECRET,
            cart_id=cart_id,
            recipient=make_recipient(person_id=self.buyer_id),
            seen_total_minor=total_minor,
            now=self.clock.now(),
            **how,
        )

    def _send(self, order_id: UUID, share: float) -> Report:
        return self._send_to(self.run(lambda session: self._payment(session, order_id)), share)

    def _send_to(self, payment: Payment, share: float) -> Report:
        due = payment.amount_minor - payment.received_minor
        amount = max(1, int((due if due > 0 else payment.amount_minor) * share))
        body = sepay.make_body(content=f"MBVCB.1 {payment.code} chuyen tien", transferAmount=amount)
        self.kept.reports.append(Report(body, amount))
        return self.kept.reports[-1]

    def _tell(self, report: Report, *, times: int) -> None:
        for _time in range(times):
            answer = self.stage.run(sepay.send(self.stage.client, report.body, now=self.clock.now()))
            assert answer.status_code == 200, answer.text[:300]
        report.is_told = True

    def _queue(self) -> list[receipts.QueueItem]:
        return self.run(lambda session: receipts.list_queue(session, now=self.clock.now()))

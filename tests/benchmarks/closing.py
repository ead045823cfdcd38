"""The close of a month with 50,000 orders, written as the program writes them: lines, payments, receipts, journals."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from sqlalchemy import text

from app.core.clock import today
from app.core.db import Database
from storefront.closing import service as closing
from storefront.ledger.periods import Period
from storefront.payouts import service as payouts

ORDERS = 50_000
ROUNDS = 3
BANK = "bank:970436:0123456789"
# One order in fifty still waits to be packed, one in a hundred was refunded (half of those are paid back), 500 were paid
# short and cancelled, 200 transfers are nobody's. Half of the orders have two parcels.
_FILL = (
    """
    CREATE TEMP TABLE shelf AS
    SELECT row_number() OVER (ORDER BY producer_id) - 1 AS k, producer_id, variant_id, item_id, title, name
    FROM (
        SELECT DISTINCT ON (l.producer_id) l.producer_id, v.id AS variant_id, s.id AS item_id, l.title, v.name
        FROM stock_items s JOIN variants v ON v.id = s.variant_id JOIN listings l ON l.id = v.listing_id
        WHERE v.sold_by = 'piece' ORDER BY l.producer_id, s.id
    ) AS one
    """,
    """
    CREATE TEMP TABLE made AS
    SELECT n, uuidv7() AS id, uuidv7() AS payment_id, uuidv7() AS receipt_id, uuidv7() AS sale_id, uuidv7() AS in_id,
           'BM' || lpad(n::text, 7, '0') AS code, 1 + n %% 2 AS parcels,
           %(since)s::timestamptz + (%(until)s::timestamptz - %(since)s::timestamptz) * (n - 0.5) / %(orders)s AS at,
           CASE WHEN n > %(orders)s THEN 'cancelled' WHEN n %% 50 = 1 THEN 'awaiting_confirmation' ELSE 'completed' END AS state
    FROM generate_series(1, %(orders)s + 500) AS n
    """,
    "UPDATE made SET at = %(since)s::timestamptz + interval '1 hour' WHERE n > %(orders)s",
    """
    CREATE TEMP TABLE parcels AS
    SELECT m.n, m.id AS order_id, m.at, m.state, s.*, uuidv7() AS id, uuidv7() AS line_id, 1 + (m.n + p) %% 3 AS quantity,
           180000 * (1 + (m.n + p) %% 3) AS goods, 40000 AS delivery
    FROM made m CROSS JOIN LATERAL generate_series(1, m.parcels) AS p
    JOIN shelf s ON s.k = (m.n + p) %% (SELECT count(*) FROM shelf)
    """,
    """
    INSERT INTO addresses (id, recipient_name, phone, commune_code, line, created_at)
    SELECT uuidv7(), 'Nguyễn Thị Mai', '+84912345678', (SELECT min(code) FROM admin_units WHERE length(code) = 5), 'Xóm 1', now()
    """,
    """
    INSERT INTO orders (id, code, token_hash, state, buyer_name, buyer_phone, address_id, goods_minor, delivery_minor,
                        total_minor, expires_at, paid_at, cancelled_at, cancel_reason, created_at)
    SELECT m.id, m.code, sha256(m.id::text::bytea), m.state, 'Nguyễn Thị Mai', '+84912345678',
           (SELECT id FROM addresses ORDER BY id DESC LIMIT 1), sum(p.goods), sum(p.delivery), sum(p.goods + p.delivery),
           m.at, CASE WHEN m.state <> 'cancelled' THEN m.at END, CASE WHEN m.state = 'cancelled' THEN m.at END,
           CASE WHEN m.state = 'cancelled' THEN 'expired' END, m.at
    FROM made m JOIN parcels p ON p.n = m.n GROUP BY m.id, m.code, m.state, m.at
    """,
    """
    INSERT INTO consignments (id, order_id, producer_id, state, goods_minor, delivery_minor, created_at)
    SELECT id, order_id, producer_id, state, goods, delivery, at FROM parcels
    """,
    """
    INSERT INTO order_lines (id, order_id, consignment_id, variant_id, title, variant_name, sold_by, quantity,
                             price_minor, amount_minor, created_at)
    SELECT line_id, order_id, id, variant_id, title, name, 'piece', quantity, 180000, goods, at FROM parcels
    """,
    """
    INSERT INTO reservations (id, stock_item_id, holder_id, line_id, quantity, state, expires_at, created_at)
    SELECT uuidv7(), item_id, order_id, line_id, quantity,
           CASE state WHEN 'completed' THEN 'shipped' WHEN 'cancelled' THEN 'released' ELSE 'allocated' END, at, at
    FROM parcels
    """,
    """
    UPDATE stock_items s SET on_hand = s.on_hand + held.quantity, allocated = s.allocated + held.quantity
    FROM (SELECT item_id, sum(quantity) AS quantity FROM parcels WHERE state = 'awaiting_confirmation' GROUP BY item_id) AS held
    WHERE s.id = held.item_id
    """,
    """
    INSERT INTO payments (id, payable_kind, payable_id, payable_code, code, token, amount_minor, received_minor, state,
                          expires_at, paid_at, created_at)
    SELECT m.payment_id, 'order', m.id, m.code, 'CP' || m.code, 'bench-' || m.n, o.total_minor,
           CASE WHEN m.state = 'cancelled' THEN o.total_minor / 2 ELSE o.total_minor END,
           CASE WHEN m.state = 'cancelled' THEN 'underpaid' ELSE 'paid' END, m.at, o.paid_at, m.at
    FROM made m JOIN orders o ON o.id = m.id
    """,
    """
    INSERT INTO receipts (id, provider, external_id, payment_id, account, amount_minor, memo, outcome, arrived_at, created_at)
    SELECT m.receipt_id, 'bench', m.n::text, m.payment_id, %(bank)s, p.received_minor, p.code,
           CASE WHEN m.state = 'cancelled' THEN 'under' ELSE 'matched' END, m.at, m.at
    FROM made m JOIN payments p ON p.id = m.payment_id
    """,
    """
    INSERT INTO journals (id, kind, source, memo, occurred_at, created_at)
    SELECT in_id, 'receipt', receipt_id::text, code, at, at FROM made
    """,
    """
    INSERT INTO journal_entries (id, journal_id, account, amount_minor, created_at)
    SELECT uuidv7(), m.in_id, side.account, side.amount, m.at
    FROM made m JOIN receipts r ON r.id = m.receipt_id
    CROSS JOIN LATERAL (VALUES (r.account, r.amount_minor),
                               ('buyer_receivable:order:' || m.id, -r.amount_minor)) AS side (account, amount)
    """,
    """
    INSERT INTO journals (id, kind, source, memo, occurred_at, created_at)
    SELECT sale_id, 'sale', 'order:' || id, code, at, at FROM made WHERE state <> 'cancelled'
    """,
    """
    INSERT INTO journal_entries (id, journal_id, account, amount_minor, created_at)
    SELECT uuidv7(), m.sale_id, 'buyer_receivable:order:' || m.id, o.total_minor, m.at
    FROM made m JOIN orders o ON o.id = m.id WHERE m.state <> 'cancelled'
    UNION ALL
    SELECT uuidv7(), m.sale_id, side.account, side.amount, m.at
    FROM made m JOIN parcels p ON p.n = m.n
    CROSS JOIN LATERAL (VALUES ('seller_payable:' || p.producer_id, -p.goods),
                               ('delivery_payable:' || p.producer_id, -p.delivery)) AS side (account, amount)
    WHERE m.state <> 'cancelled'
    """,
    """
    CREATE TEMP TABLE given AS
    SELECT DISTINCT ON (p.n) uuidv7() AS id, uuidv7() AS owed_id, uuidv7() AS paid_id, p.n, p.order_id, p.producer_id,
           p.line_id, p.goods, m.code, p.at, p.n %% 200 = 0 AS is_paid
    FROM parcels p JOIN made m ON m.n = p.n WHERE p.n %% 100 = 0 AND p.state = 'completed' ORDER BY p.n, p.id
    """,
    """
    INSERT INTO refunds (id, payable_kind, payable_id, code, producer_id, payee_name, payee_phone, reason, source,
                         amount_minor, paid_at, reference, created_at)
    SELECT id, 'order', order_id, code, producer_id, 'Nguyễn Thị Mai', '+84912345678', 'returned',
           'order_line:' || line_id, goods, CASE WHEN is_paid THEN at END, CASE WHEN is_paid THEN 'FT' || n END, at
    FROM given
    """,
    """
    INSERT INTO journals (id, kind, source, memo, occurred_at, created_at)
    SELECT owed_id, 'refund_owed', 'order_line:' || line_id, code, at, at FROM given
    UNION ALL SELECT paid_id, 'refund_paid', 'refund:' || id, code, at, at FROM given WHERE is_paid
    """,
    """
    INSERT INTO journal_entries (id, journal_id, account, amount_minor, created_at)
    SELECT uuidv7(), g.owed_id, side.account, side.amount, g.at FROM given g
    CROSS JOIN LATERAL (VALUES ('seller_payable:' || g.producer_id, g.goods),
                               ('refund_payable:order:' || g.order_id, -g.goods)) AS side (account, amount)
    UNION ALL
    SELECT uuidv7(), g.paid_id, side.account, side.amount, g.at FROM given g
    CROSS JOIN LATERAL (VALUES ('refund_payable:order:' || g.order_id, g.goods),
                               (%(bank)s, -g.goods)) AS side (account, amount)
    WHERE g.is_paid
    """,
    """
    CREATE TEMP TABLE strange AS
    SELECT uuidv7() AS id, uuidv7() AS journal_id, n, %(since)s::timestamptz + n * interval '1 hour' AS at
    FROM generate_series(1, 200) AS n
    """,
    """
    INSERT INTO receipts (id, provider, external_id, account, amount_minor, memo, outcome, arrived_at, created_at)
    SELECT id, 'bench', 'strange ' || n, %(bank)s, 120000, 'tien che', 'unmatched', at, at FROM strange
    """,
    """
    INSERT INTO journals (id, kind, source, memo, occurred_at, created_at)
    SELECT journal_id, 'receipt', id::text, 'tien che', at, at FROM strange
    """,
    """
    INSERT INTO journal_entries (id, journal_id, account, amount_minor, created_at)
    SELECT uuidv7(), s.journal_id, side.account, side.amount, s.at FROM strange s
    CROSS JOIN LATERAL (VALUES (%(bank)s, 120000), ('suspense_unmatched', -120000)) AS side (account, amount)
    """,
)


@dataclass(frozen=True)
class Closed:
    """How much was looked through, and how long each close took in seconds."""

    orders: int
    journals: int
    entries: int
    filled_s: float
    seconds: list[float]


def fill(conninfo: str, period: Period, *, orders: int = ORDERS) -> float:
    """Write the month; answers the seconds. The database's own triggers check every journal."""
    since, until = period.instants
    given = {"since": since, "until": until, "orders": orders, "bank": BANK}
    began = time.perf_counter()
    with psycopg.connect(conninfo) as connection:
        for statement in _FILL:
            connection.execute(statement, given)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("ANALYZE")  # as autovacuum has done long before a month ends
    return time.perf_counter() - began


async def pay_out(database: Database, now: datetime) -> None:
    """Pay every producer who can be paid what the month owes them, and let the bank carry it out."""
    async with database.transaction() as session:
        person_id = (await session.execute(text("SELECT id FROM people LIMIT 1"))).scalar_one()
        batch = await payouts.open_batch(session, minimum_minor=50_000, person_id=person_id, now=now)
        for payout in await payouts.list_payouts(session, batch.id):
            await payouts.settle_payout(
                session,
                batch_id=batch.id,
                payout_id=payout.id,
                bank_account=BANK,
                reference="FT",
                person_id=person_id,
                now=now,
            )


async def measure(url: str, *, orders: int = ORDERS) -> Closed:
    """Write last month, pay it out, and close it as the accountant does; LookupError unless everything fits."""
    now = datetime.now(UTC)
    period = Period.month_before(today(now))
    seconds: list[float] = []
    async with Database(url, pool_size=1) as database:
        filled = fill(database.conninfo, period, orders=orders)
        await pay_out(database, period.instants[1] - timedelta(hours=1))
        for _ in range(ROUNDS):
            began = time.perf_counter()
            async with database.snapshot() as session:
                found = await closing.look_through(session, period)
                if not found.is_whole:
                    raise LookupError([check for check in found.checks if check.count])
                await closing.close_books(session, found, person_id=None, now=now)
            seconds.append(time.perf_counter() - began)
        async with database.transaction() as session:
            entries = await session.scalar(text("SELECT count(*) FROM journal_entries"))
    return Closed(orders, found.journal_count, int(entries or 0), filled, seconds)

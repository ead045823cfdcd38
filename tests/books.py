"""What must hold in the database after every step of money and goods, whoever did it: one query, one line per breach.

The invariants are 1 to 4 of the domain, read from the tables alone, so that a machine, a race and a power cut are
judged by the same words. `:now` is the instant at which holds are judged.
"""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_COMMON: LiteralString = """
WITH given AS (
    SELECT r.*, CASE WHEN r.resolution = 'returned'
                     THEN CASE r.outcome WHEN 'over' THEN r.surplus_minor ELSE r.amount_minor END
                     ELSE 0 END AS back_minor
    FROM receipts r
), owed AS (
    SELECT split_part(account, ':', 1) AS kind, account, sum(amount_minor) AS balance
    FROM journal_entries GROUP BY account
), came AS (
    SELECT payment_id, sum(amount_minor - back_minor) AS kept, sum(amount_minor) AS all_minor, sum(back_minor) AS back,
        COALESCE(sum(amount_minor - surplus_minor)
            FILTER (WHERE resolved_at IS NULL AND outcome IN ('under', 'late')), 0) AS waiting,
        COALESCE(sum(surplus_minor) FILTER (WHERE resolved_at IS NULL), 0) AS surplus
    FROM given WHERE payment_id IS NOT NULL GROUP BY payment_id
), backs AS (
    SELECT payable_kind, payable_id, sum(amount_minor) AS opened,
        COALESCE(sum(amount_minor) FILTER (WHERE paid_at IS NULL), 0) AS open
    FROM refunds GROUP BY 1, 2
), asked AS (
    SELECT p.*, COALESCE(c.kept, 0) AS kept, COALESCE(c.waiting, 0) AS waiting, COALESCE(c.surplus, 0) AS surplus,
        COALESCE(c.all_minor, 0) - COALESCE(c.back, 0) - COALESCE(b.opened, 0) + COALESCE(b.open, 0) AS left_minor,
        COALESCE(b.opened, 0) AS opened, COALESCE(b.open, 0) AS open,
        COALESCE((SELECT balance FROM owed WHERE account = 'buyer_receivable:' || p.payable_kind || ':' || p.payable_id), 0)
            AS receivable,
        COALESCE((SELECT balance FROM owed WHERE account = 'refund_payable:' || p.payable_kind || ':' || p.payable_id), 0)
            AS payable
    FROM payments p LEFT JOIN came c ON c.payment_id = p.id
    LEFT JOIN backs b ON (b.payable_kind, b.payable_id) = (p.payable_kind, p.payable_id)
), held AS (
    SELECT line_id, COALESCE(sum(quantity) FILTER (WHERE state = 'reserved'), 0) AS reserved,
        COALESCE(sum(quantity) FILTER (WHERE state = 'allocated'), 0) AS allocated,
        COALESCE(sum(quantity) FILTER (WHERE state = 'shipped'), 0) AS shipped
    FROM reservations GROUP BY line_id
), lines AS (
    SELECT l.id, l.quantity, o.state, o.paid_at, o.expires_at, c.shipped_at, f.refund_id,
        COALESCE(h.reserved, 0) AS reserved, COALESCE(h.allocated, 0) AS allocated, COALESCE(h.shipped, 0) AS shipped
    FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN consignments c ON c.id = l.consignment_id
    LEFT JOIN held h ON h.line_id = l.id LEFT JOIN refunded_lines f ON f.order_line_id = l.id
)
"""
_RULES: dict[LiteralString, LiteralString] = {
    "a journal does not sum to zero": """
        SELECT journal_id::text FROM journal_entries GROUP BY journal_id HAVING sum(amount_minor) <> 0""",
    "a journal has no sides": """
        SELECT j.id::text FROM journals j WHERE NOT EXISTS (SELECT 1 FROM journal_entries e WHERE e.journal_id = j.id)""",
    "held is not the sum of holds": """
        SELECT s.id::text FROM stock_items s LEFT JOIN (
            SELECT stock_item_id, COALESCE(sum(quantity) FILTER (WHERE state = 'reserved'), 0) AS reserved,
                COALESCE(sum(quantity) FILTER (WHERE state = 'allocated'), 0) AS allocated
            FROM reservations GROUP BY 1) r ON r.stock_item_id = s.id
        WHERE s.reserved <> COALESCE(r.reserved, 0) OR s.allocated <> COALESCE(r.allocated, 0)""",
    "more is held than lies there": """
        SELECT id::text FROM stock_items WHERE reserved < 0 OR allocated < 0 OR reserved + allocated > on_hand""",
    "an unpaid order does not hold its goods": """
        SELECT id::text FROM lines WHERE state = 'awaiting_payment' AND expires_at > :now
            AND (reserved, allocated, shipped) <> (quantity, 0, 0)""",
    "an order that is over holds goods": """
        SELECT id::text FROM lines WHERE state = 'cancelled' AND reserved + allocated > 0""",
    "a paid line has not its goods": """
        SELECT id::text FROM lines WHERE paid_at IS NOT NULL AND refund_id IS NULL
            AND (reserved, allocated, shipped) IS DISTINCT FROM
                (0, CASE WHEN shipped_at IS NULL THEN quantity ELSE 0 END, CASE WHEN shipped_at IS NULL THEN 0 ELSE quantity END)""",
    "a line that was paid back before it left holds goods": """
        SELECT id::text FROM lines WHERE refund_id IS NOT NULL AND shipped_at IS NULL AND reserved + allocated + shipped > 0""",
    "an order's price is not that of its lines and parcels": """
        SELECT o.id::text FROM orders o WHERE o.goods_minor <> (SELECT sum(amount_minor) FROM order_lines WHERE order_id = o.id)
            OR o.total_minor <> (SELECT sum(goods_minor + delivery_minor) FROM consignments WHERE order_id = o.id)""",
    "a discount is not that of its lines, parcels and use": """
        SELECT o.id::text FROM orders o LEFT JOIN voucher_uses u ON u.order_id = o.id
        WHERE (o.discount_minor, o.discount_minor, o.discount_minor) <> (
            (SELECT sum(discount_minor) FROM order_lines WHERE order_id = o.id),
            (SELECT sum(discount_minor) FROM consignments WHERE order_id = o.id), COALESCE(u.discount_minor, 0))""",
    "a use is not where its order is": """
        SELECT o.id::text FROM orders o JOIN voucher_uses u ON u.order_id = o.id
        WHERE u.is_taken = (o.state = 'cancelled' AND o.paid_at IS NULL)""",
    "a voucher counts other uses than were taken": """
        SELECT v.id::text FROM vouchers v
        LEFT JOIN (SELECT voucher_id, count(*) FILTER (WHERE is_taken) AS taken FROM voucher_uses GROUP BY 1) u ON u.voucher_id = v.id
        LEFT JOIN (SELECT voucher_id, sum(taken) AS taken FROM voucher_phones GROUP BY 1) p ON p.voucher_id = v.id
        WHERE v.uses_taken <> COALESCE(u.taken, 0) OR v.uses_taken <> COALESCE(p.taken, 0)""",
    "a basket became two orders": """
        SELECT cart_id::text FROM orders WHERE cart_id IS NOT NULL GROUP BY cart_id HAVING count(*) > 1""",
    "an order and its payment disagree": """
        SELECT o.id::text FROM orders o LEFT JOIN payments p ON p.payable_kind = 'order' AND p.payable_id = o.id
        WHERE p.id IS NULL OR p.amount_minor <> o.total_minor OR (p.paid_at IS NULL) <> (o.paid_at IS NULL)
            OR (p.state IN ('paid', 'partially_refunded')) <> (o.paid_at IS NOT NULL)
            OR (o.state = 'awaiting_payment' AND p.expires_at <> o.expires_at)
            OR (o.state = 'awaiting_payment') AND o.paid_at IS NOT NULL
            OR (o.state NOT IN ('awaiting_payment', 'cancelled') AND o.paid_at IS NULL)
            OR (o.state = 'cancelled' AND p.state IN ('created', 'pending'))""",
    "a payment does not know what came": """
        SELECT id::text FROM asked WHERE received_minor <> kept""",
    "a payment's state is not that of its money": """
        SELECT id::text FROM asked WHERE CASE
            WHEN state IN ('created', 'pending', 'expired') THEN received_minor <> 0
            WHEN state = 'underpaid' THEN NOT received_minor BETWEEN 1 AND amount_minor - 1 OR waiting <> received_minor
            WHEN state = 'paid_late' THEN waiting = 0
            WHEN state = 'refunded' THEN waiting <> 0
            ELSE waiting <> 0 OR received_minor < amount_minor END""",
    "a receivable is not what waits": """
        SELECT id::text FROM asked WHERE receivable <> -waiting""",
    "what is owed back is not what waits": """
        SELECT id::text FROM asked WHERE payable <> -(surplus + open)""",
    "more goes back than was paid": """
        SELECT id::text FROM asked WHERE opened > amount_minor OR (opened > 0 AND paid_at IS NULL) OR left_minor < 0""",
    "a receivable of nobody": """
        SELECT account FROM owed WHERE kind = 'buyer_receivable' AND balance <> 0 AND NOT EXISTS (
            SELECT 1 FROM payments p WHERE account = 'buyer_receivable:' || p.payable_kind || ':' || p.payable_id)""",
    "money stands nowhere": """
        SELECT id::text FROM given WHERE (payment_id IS NULL) <> (outcome = 'unmatched')
            OR (resolution = 'returned') AND (resolution_reference IS NULL OR resolved_at IS NULL)""",
    "a receipt is not in the books": """
        SELECT r.id::text FROM receipts r LEFT JOIN (
            SELECT j.source, sum(e.amount_minor) AS amount, e.account FROM journals j
            JOIN journal_entries e ON e.journal_id = j.id WHERE j.kind = 'receipt' GROUP BY 1, 3) b
            ON b.source = r.id::text AND b.account = r.account
        WHERE b.amount IS DISTINCT FROM r.amount_minor""",
    "suspense is not what nobody knows": """
        SELECT 'suspense' WHERE COALESCE((SELECT sum(balance) FROM owed WHERE kind = 'suspense_unmatched'), 0)
            <> -COALESCE((SELECT sum(amount_minor) FROM given WHERE payment_id IS NULL AND resolved_at IS NULL), 0)""",
    "seats are not those of the bookings": """
        SELECT d.id::text FROM departures d WHERE d.taken <> COALESCE((SELECT sum(heads) FROM bookings b
            WHERE b.departure_id = d.id AND b.state IN ('on_hold', 'confirmed', 'redeemed')), 0)""",
    "the bank is not what came less what went": """
        SELECT 'bank' WHERE COALESCE((SELECT sum(e.amount_minor) FROM journal_entries e JOIN journals j ON j.id = e.journal_id
                WHERE split_part(e.account, ':', 1) IN ('bank', 'gateway_clearing') AND j.kind IN ('receipt', 'return', 'refund_paid')), 0)
            <> COALESCE((SELECT sum(amount_minor - back_minor) FROM given), 0)
                - COALESCE((SELECT sum(amount_minor) FROM refunds WHERE paid_at IS NOT NULL), 0)""",
}
_QUERY: LiteralString = _COMMON + " UNION ALL ".join(
    f"SELECT '{rule}' AS rule, t.* FROM ({query}) t".replace("'s ", "''s ", rule.count("'s "))
    for rule, query in _RULES.items()
)


async def list_breaches(session: AsyncSession, *, now: datetime) -> list[tuple[str, str]]:
    """List (rule, whose) of all that is not as it must be; empty when the books are whole."""
    return [(row[0], row[1]) for row in await session.execute(text(_QUERY), {"now": now})]


def read_breaches(connection: psycopg.Connection[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """The same over a connection of a test's own, judged by the database's clock."""
    return connection.execute(_QUERY.replace(":now", "now()")).fetchall()

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
    SELECT r.*, CASE WHEN r.resolution = 'divided' THEN r.amount_minor WHEN r.resolution = 'returned'
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
        COALESCE(sum(amount_minor) FILTER (WHERE credited_to_id IS NOT NULL), 0) AS credited,
        COALESCE(sum(amount_minor) FILTER (WHERE paid_at IS NULL), 0) AS open
    FROM refunds WHERE withdrawn_at IS NULL GROUP BY 1, 2
), asked AS (
    SELECT p.*, COALESCE(c.kept, 0) AS kept, COALESCE(c.waiting, 0) AS waiting, COALESCE(c.surplus, 0) AS surplus,
        COALESCE(c.all_minor, 0) - COALESCE(c.back, 0) - COALESCE(b.opened, 0) + COALESCE(b.open, 0) + COALESCE(b.credited, 0) AS left_minor,
        COALESCE((SELECT amount_minor FROM credit_uses WHERE is_taken AND order_id = p.payable_id), 0) AS credit,
        COALESCE(b.opened, 0) AS opened, COALESCE(b.open, 0) AS open,
        COALESCE((SELECT r.kept FROM payments q JOIN came r ON r.payment_id = q.id WHERE p.payable_kind = 'booking'
            AND q.payable_kind = 'balance' AND q.payable_id = p.payable_id AND q.paid_at IS NOT NULL), 0) AS rest,
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
), taxed AS (
    SELECT producer_id, sum(vat_minor + pit_minor) AS minor FROM tax_entries GROUP BY 1
), handed AS (
    SELECT producer_id, sum(vat_minor + pit_minor) AS minor FROM tax_payment_parts GROUP BY 1
), lines AS (
    SELECT l.id, l.quantity, o.state, o.paid_at, o.expires_at, o.is_cash, c.shipped_at, f.refund_id,
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
            AND (reserved, allocated, shipped) <> (quantity, 0, 0)
            AND NOT EXISTS (SELECT 1 FROM preorders p WHERE p.line_id = lines.id AND p.state = 'taken')""",
    "an order on delivery has not its goods": """
        SELECT id::text FROM lines WHERE is_cash AND paid_at IS NULL AND (reserved, allocated, shipped) IS DISTINCT FROM (0,
            CASE WHEN state IN ('awaiting_confirmation', 'packing') THEN quantity ELSE 0 END,
            CASE WHEN state IN ('shipping', 'delivered', 'completed') THEN quantity ELSE 0 END)
            AND state <> 'returned'""",
    "a courier owes other than what was delivered": """
        SELECT COALESCE(b.producer_id, o.producer_id) FROM (
            SELECT split_part(account, ':', 2) AS producer_id, sum(CASE kind WHEN 'courier_receivable' THEN balance END) AS owes,
                sum(CASE kind WHEN 'courier_deferred' THEN -balance END) AS deferred
            FROM owed WHERE kind IN ('courier_receivable', 'courier_deferred') GROUP BY 1) b
        FULL JOIN (SELECT c.producer_id::text, sum(o.total_minor - o.credit_minor) AS minor FROM orders o JOIN consignments c ON c.order_id = o.id
            WHERE o.is_cash AND o.paid_at IS NULL AND c.state IN ('delivered', 'completed') GROUP BY 1) o USING (producer_id)
        WHERE (COALESCE(b.owes, 0), COALESCE(b.deferred, 0)) <> (COALESCE(o.minor, 0), COALESCE(o.minor, 0))""",
    "cash stands open with a producer": """
        SELECT account FROM owed WHERE kind = 'producer_cash' AND balance <> 0""",
    "an order that is over holds goods": """
        SELECT id::text FROM lines WHERE state = 'cancelled' AND reserved + allocated > 0""",
    "a paid line has not its goods": """
        SELECT id::text FROM lines WHERE paid_at IS NOT NULL AND refund_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM preorders p WHERE p.line_id = lines.id AND p.state = 'paid')
            AND (reserved, allocated, shipped) IS DISTINCT FROM
                (0, CASE WHEN shipped_at IS NULL THEN quantity ELSE 0 END, CASE WHEN shipped_at IS NULL THEN 0 ELSE quantity END)""",
    "a line that was paid back before it left holds goods": """
        SELECT id::text FROM lines WHERE refund_id IS NOT NULL AND shipped_at IS NULL AND reserved + allocated + shipped > 0""",
    "an order's price is not that of its lines and parcels": """
        SELECT o.id::text FROM orders o WHERE o.goods_minor <> (SELECT sum(amount_minor) FROM order_lines WHERE order_id = o.id)
            OR o.total_minor <> (SELECT sum(goods_minor + delivery_minor) FROM consignments WHERE order_id = o.id)""",
    "a discount is not that of its lines, parcels and use": """
        SELECT o.id::text FROM orders o LEFT JOIN voucher_uses u ON u.order_id = o.id
        WHERE (o.discount_minor, o.gift_minor, o.discount_minor, o.gift_minor, o.discount_minor + o.gift_minor) <> (
            (SELECT sum(discount_minor) FROM order_lines WHERE order_id = o.id),
            (SELECT sum(gift_minor) FROM order_lines WHERE order_id = o.id),
            (SELECT sum(discount_minor) FROM consignments WHERE order_id = o.id),
            (SELECT sum(gift_minor) FROM consignments WHERE order_id = o.id), COALESCE(u.discount_minor, 0))
            OR o.gift_minor > 0 AND (SELECT producer_id FROM vouchers WHERE id = u.voucher_id) IS NOT NULL""",
    "a budget is not what its orders take": """
        SELECT v.id::text FROM vouchers v LEFT JOIN (
            SELECT voucher_id, sum(discount_minor) FILTER (WHERE is_taken) AS taken FROM voucher_uses GROUP BY 1) u ON u.voucher_id = v.id
        WHERE v.budget_taken_minor <> CASE WHEN v.budget_minor IS NULL THEN 0 ELSE COALESCE(u.taken, 0) END""",
    "the market paid other than its gifts less what came back": """
        SELECT 'gifts' WHERE COALESCE((SELECT balance FROM owed WHERE account = 'marketing_expense'), 0)
            <> COALESCE((SELECT sum(gift_minor) FROM orders WHERE paid_at IS NOT NULL), 0)
                - COALESCE((SELECT sum(gift_minor) FROM refunds WHERE withdrawn_at IS NULL), 0)""",
    "a gift for goods that went back stays given": """
        SELECT o.id::text FROM orders o WHERE o.gift_minor > 0 AND o.paid_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM lines l JOIN order_lines w ON w.id = l.id WHERE w.order_id = o.id AND l.refund_id IS NULL)
            AND o.gift_minor <> (SELECT COALESCE(sum(gift_minor), 0) FROM refunds
                WHERE payable_kind = 'order' AND payable_id = o.id AND withdrawn_at IS NULL)""",
    "more of a gift came back than was given": """
        SELECT o.id::text FROM orders o JOIN refunds r ON r.payable_kind = 'order' AND r.payable_id = o.id AND r.withdrawn_at IS NULL
        GROUP BY o.id HAVING sum(r.gift_minor) > o.gift_minor""",
    "a use is not where its order is": """
        SELECT o.id::text FROM orders o JOIN voucher_uses u ON u.order_id = o.id
        WHERE u.is_taken = (o.state IN ('cancelled', 'returned') AND o.paid_at IS NULL)""",
    "a voucher counts other uses than were taken": """
        SELECT v.id::text FROM vouchers v
        LEFT JOIN (SELECT voucher_id, count(*) FILTER (WHERE is_taken) AS taken FROM voucher_uses GROUP BY 1) u ON u.voucher_id = v.id
        LEFT JOIN (SELECT voucher_id, sum(taken) AS taken FROM voucher_phones GROUP BY 1) p ON p.voucher_id = v.id
        WHERE v.uses_taken <> COALESCE(u.taken, 0) OR v.uses_taken <> COALESCE(p.taken, 0)""",
    "a cap is not what its orders take": """
        SELECT o.id::text FROM preorder_offers o LEFT JOIN (
            SELECT offer_id, sum(quantity) AS taken FROM preorders WHERE state <> 'released' GROUP BY 1) p ON p.offer_id = o.id
        WHERE o.taken <> COALESCE(p.taken, 0)""",
    "a pre-order is not where its order is": """
        SELECT p.line_id::text FROM preorders p JOIN lines l ON l.id = p.line_id WHERE CASE
            WHEN l.refund_id IS NOT NULL THEN p.state NOT IN ('filled', 'released')
            WHEN l.paid_at IS NOT NULL THEN p.state NOT IN ('paid', 'filled')
            WHEN l.state = 'cancelled' THEN p.state <> 'released'
            ELSE p.state = 'paid' OR (p.state = 'released' AND l.expires_at > :now) END""",
    "a basket became two orders": """
        SELECT cart_id::text FROM orders WHERE cart_id IS NOT NULL GROUP BY cart_id HAVING count(*) > 1""",
    "an order and its payment disagree": """
        SELECT o.id::text FROM orders o LEFT JOIN payments p ON p.payable_kind = 'order' AND p.payable_id = o.id
        WHERE CASE WHEN o.credit_minor = o.total_minor THEN p.id IS NOT NULL OR o.paid_at IS NULL ELSE p.id IS NULL END
            OR p.amount_minor <> o.total_minor - o.credit_minor OR (p.paid_at IS NULL) <> (o.paid_at IS NULL)
                AND p.id IS NOT NULL
            OR (p.state IN ('paid', 'partially_refunded')) <> (o.paid_at IS NOT NULL)
            OR (o.state = 'awaiting_payment' AND p.expires_at <> o.expires_at)
            OR (o.state = 'awaiting_payment') AND o.paid_at IS NOT NULL
            OR (o.state NOT IN ('awaiting_payment', 'cancelled') AND o.paid_at IS NULL AND NOT o.is_cash)
            OR (o.is_cash AND o.state = 'returned' AND o.paid_at IS NULL AND p.state IN ('created', 'pending'))
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
        SELECT id::text FROM asked WHERE receivable <> -waiting - CASE WHEN paid_at IS NULL THEN credit ELSE 0 END""",
    "credit is not where its order is": """
        SELECT o.id::text FROM orders o LEFT JOIN credit_uses u ON u.order_id = o.id
        WHERE COALESCE(u.amount_minor, 0) <> o.credit_minor
            OR u.is_taken = (o.state IN ('cancelled', 'returned') AND o.paid_at IS NULL)""",
    "somebody spent more credit than they had": """
        SELECT account FROM owed WHERE kind = 'store_credit' AND balance > 0""",
    "credit is not what came of refunds less what orders took": """
        SELECT 'credit' WHERE COALESCE((SELECT -sum(balance) FROM owed WHERE kind = 'store_credit'), 0)
            <> COALESCE((SELECT sum(amount_minor) FROM refunds WHERE credited_to_id IS NOT NULL), 0)
                - COALESCE((SELECT sum(amount_minor) FROM credit_uses WHERE is_taken), 0)""",
    "what is owed back is not what waits": """
        SELECT id::text FROM asked WHERE payable <> -(surplus + open)""",
    "more goes back than was paid": """
        SELECT id::text FROM asked WHERE opened > amount_minor + credit + rest OR (opened > 0 AND paid_at IS NULL)
            OR left_minor + rest < 0""",
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
    "beds are not those of the booked stays": """
        SELECT n.id::text FROM stay_nights n WHERE n.taken <> COALESCE((SELECT sum(s.units) FROM stay_bookings s
            JOIN booked_nights b ON b.booking_id = s.id WHERE b.night_id = n.id AND b.freed_at IS NULL
            AND s.state IN ('on_hold', 'confirmed', 'here', 'left')), 0)""",
    "a booking and its payment disagree": """
        SELECT b.id::text FROM bookings b LEFT JOIN payments p ON p.payable_kind = 'booking' AND p.payable_id = b.id
        LEFT JOIN visit_deposits d ON d.booking_id = b.id
        WHERE b.operator_id IS NULL AND b.batch_id IS NULL AND (p.id IS NULL OR p.amount_minor <> COALESCE(d.deposit_minor, b.total_minor)
            OR (b.confirmed_at IS NULL) <> (p.paid_at IS NULL)
            OR (b.state IN ('confirmed', 'redeemed') AND p.state NOT IN ('paid', 'partially_refunded'))
            OR (b.state = 'on_hold' AND p.expires_at <> b.expires_at)
            OR (b.state IN ('cancelled', 'expired') AND p.state IN ('created', 'pending') AND p.expires_at > :now))""",
    "a deposit and the rest of its price disagree": """
        SELECT d.booking_id::text FROM visit_deposits d JOIN bookings b ON b.id = d.booking_id
        LEFT JOIN payments p ON p.payable_kind = 'balance' AND p.payable_id = b.id
        LEFT JOIN owed o ON o.account = 'deposits:' || b.id
        WHERE (p.id IS NULL) <> (b.confirmed_at IS NULL) OR p.amount_minor <> d.balance_minor
            OR d.deposit_minor + d.balance_minor <> b.total_minor OR (p.paid_at IS NULL) <> (d.paid_at IS NULL)
            OR b.owed_minor <> CASE WHEN d.paid_at IS NULL THEN d.balance_minor ELSE 0 END
            OR (b.state = 'cancelled' AND b.confirmed_at IS NOT NULL AND d.settled_at IS NULL)
            OR COALESCE(o.balance, 0) <> CASE WHEN b.confirmed_at IS NOT NULL AND d.settled_at IS NULL
                THEN -d.deposit_minor ELSE 0 END
            OR d.sold_minor <> CASE WHEN d.paid_at IS NULL THEN d.deposit_minor ELSE b.total_minor END""",
    "a paid visit that was cancelled has not its money back but for what was kept": """
        SELECT b.id::text FROM bookings b WHERE b.state = 'cancelled' AND b.confirmed_at IS NOT NULL AND b.operator_id IS NULL
            AND b.batch_id IS NULL AND b.total_minor - b.owed_minor - b.kept_minor <> COALESCE((SELECT sum(r.amount_minor) FROM refunds r
                WHERE r.payable_kind = 'booking' AND r.payable_id = b.id AND r.withdrawn_at IS NULL), 0)""",
    "a visit's price is not that of its tickets and add-ons": """
        SELECT b.id::text FROM bookings b WHERE b.total_minor - b.returned_minor
            <> COALESCE((SELECT sum(price_minor) FROM unit_items WHERE booking_id = b.id), 0)
             + COALESCE((SELECT sum(number * price_minor) FROM booking_extras WHERE booking_id = b.id), 0)""",
    "what a party gave up is not what went back of it": """
        SELECT b.id::text FROM bookings b WHERE b.returned_minor <> COALESCE((SELECT sum(r.amount_minor) FROM refunds r
            WHERE r.payable_kind = 'booking' AND r.payable_id = b.id AND starts_with(r.source, 'booking:' || b.id || ':less:')
            AND r.withdrawn_at IS NULL), 0)""",
    "a batch has other tickets than were made": """
        SELECT b.id::text FROM ticket_batches b WHERE b.count <> (SELECT count(*) FROM batch_tickets t WHERE t.batch_id = b.id)""",
    "a paper ticket and its booking disagree": """
        SELECT t.id::text FROM batch_tickets t JOIN ticket_batches h ON h.id = t.batch_id LEFT JOIN bookings b ON b.id = t.booking_id
        LEFT JOIN departures d ON d.id = h.departure_id
        WHERE b.batch_id IS DISTINCT FROM CASE WHEN b.id IS NOT NULL THEN h.id END OR b.total_minor <> h.price_minor OR b.heads <> h.heads
            OR (h.departure_id IS NOT NULL AND t.state <> 'back' AND (b.id IS NULL OR b.departure_id <> h.departure_id
                OR (b.state NOT IN ('confirmed', 'redeemed')) <> (d.state = 'cancelled')))
            OR (h.departure_id IS NULL AND b.state NOT IN ('confirmed', 'redeemed'))
            OR (t.returned_at IS NOT NULL AND d.state IS DISTINCT FROM 'cancelled')""",
    "a paper booking holds seats for no ticket": """
        SELECT b.id::text FROM bookings b WHERE b.batch_id IS NOT NULL AND b.state IN ('on_hold', 'pending', 'confirmed', 'redeemed')
            AND NOT EXISTS (SELECT 1 FROM batch_tickets t WHERE t.booking_id = b.id)""",
    "what was settled is not what was sold": """
        SELECT s.id::text FROM batch_settlements s JOIN ticket_batches h ON h.id = s.batch_id
        LEFT JOIN payments p ON p.payable_kind = 'batch' AND p.payable_id = s.id
        WHERE s.sold <> (SELECT count(*) FROM batch_tickets t WHERE t.settlement_id = s.id)
            OR (s.amount_minor, s.keep_minor) <> (s.sold * h.price_minor, s.sold * h.keep_minor)
            OR COALESCE(p.amount_minor, 0) <> s.amount_minor OR (p.id IS NOT NULL AND p.state <> 'paid')
            OR COALESCE((SELECT sum(e.amount_minor) FROM journals j JOIN journal_entries e ON e.journal_id = j.id
                WHERE j.kind = 'cash_kept' AND j.source = 'batch:' || s.id AND e.account = 'seller_payable:' || h.producer_id), 0) <> s.amount_minor""",
    "what a host gave back by hand is not what went back in the books": """
        SELECT s.id::text FROM batch_settlements s JOIN ticket_batches h ON h.id = s.batch_id
        WHERE (SELECT count(*) FROM batch_tickets t WHERE t.settlement_id = s.id AND t.returned_at IS NOT NULL) * h.price_minor
            <> COALESCE((SELECT sum(r.amount_minor) FROM refunds r WHERE r.payable_kind = 'batch' AND r.payable_id = s.id
                AND r.paid_at IS NOT NULL), 0)""",
    "a booked stay and its payment disagree": """
        SELECT b.id::text FROM stay_bookings b LEFT JOIN payments p ON p.payable_kind = 'stay' AND p.payable_id = b.id
        WHERE p.id IS NULL OR p.amount_minor <> b.total_minor
            OR (b.confirmed_at IS NULL) <> (p.paid_at IS NULL)
            OR (b.state IN ('confirmed', 'here', 'left') AND p.state NOT IN ('paid', 'partially_refunded'))
            OR (b.state = 'on_hold' AND p.expires_at <> b.expires_at)
            OR (b.state IN ('cancelled', 'expired') AND p.state IN ('created', 'pending') AND p.expires_at > :now)""",
    "a paid stay that was cancelled has not all its money back": """
        SELECT b.id::text FROM stay_bookings b WHERE b.state = 'cancelled' AND b.confirmed_at IS NOT NULL
            AND b.total_minor <> COALESCE((SELECT sum(r.amount_minor) FROM refunds r
                WHERE r.payable_kind = 'stay' AND r.payable_id = b.id AND r.withdrawn_at IS NULL), 0)""",
    "an operator owes something else than what was sold to it less what it paid": """
        SELECT COALESCE(o.account, s.account) FROM (
            SELECT 'operator_receivable:' || operator_id AS account,
                sum(CASE WHEN reversed_at IS NULL THEN amount_minor ELSE kept_minor END) AS minor
            FROM operator_sales GROUP BY 1) s
        FULL JOIN (SELECT account, sum(e.amount_minor) AS balance FROM journal_entries e JOIN journals j ON j.id = e.journal_id
            WHERE starts_with(account, 'operator_receivable:') AND j.kind <> 'account_paid' GROUP BY 1) o ON o.account = s.account
        WHERE COALESCE(o.balance, 0) <> COALESCE(s.minor, 0)""",
    "a booking of an operator and its sale disagree": """
        SELECT b.id::text FROM bookings b LEFT JOIN operator_sales s ON s.booking_id = b.id AND s.reversed_at IS NULL
        WHERE b.operator_id IS NOT NULL
            AND COALESCE(s.amount_minor, 0) <> CASE WHEN b.state IN ('confirmed', 'redeemed') THEN b.total_minor ELSE 0 END""",
    "tax in the books is not what was withheld less what was set off and paid on": """
        SELECT COALESCE(o.account, t.producer_id::text) FROM taxed t
        FULL JOIN (SELECT * FROM owed WHERE kind = 'tax_withheld') o ON o.account = 'tax_withheld:' || t.producer_id
        LEFT JOIN handed h ON h.producer_id = t.producer_id
        WHERE COALESCE(o.balance, 0) <> COALESCE(h.minor, 0) - COALESCE(t.minor, 0)""",
    "more tax was set off than withheld": """
        SELECT sale FROM tax_entries GROUP BY sale, producer_id, kind
        HAVING sum(base_minor) < 0 OR sum(vat_minor) < 0 OR sum(pit_minor) < 0
            OR (sum(base_minor) = 0 AND sum(vat_minor + pit_minor) <> 0)""",
    "a household's sale bears other tax than its parts": """
        SELECT c.id::text FROM consignments c JOIN orders o ON o.id = c.order_id JOIN producers p ON p.id = c.producer_id
        LEFT JOIN (SELECT sale, producer_id, sum(base_minor) AS base, count(*) AS kinds FROM tax_entries
            WHERE source = sale GROUP BY 1, 2) t ON t.sale = 'order:' || o.id AND t.producer_id = c.producer_id
        WHERE o.paid_at IS NOT NULL AND COALESCE(t.base, 0)
            <> CASE p.kind WHEN 'household' THEN c.goods_minor + c.gift_minor + c.delivery_minor ELSE 0 END""",
    "a refund and what it set off disagree": """
        SELECT t.sale FROM (SELECT sale, producer_id, -COALESCE(sum(base_minor) FILTER (WHERE source <> sale), 0) AS back
            FROM tax_entries GROUP BY 1, 2) t
        LEFT JOIN (SELECT payable_kind || ':' || payable_id AS sale, producer_id, sum(amount_minor + gift_minor) AS back
            FROM refunds WHERE withdrawn_at IS NULL GROUP BY 1, 2) r ON (r.sale, r.producer_id) = (t.sale, t.producer_id)
        WHERE t.back <> COALESCE(r.back, 0)""",
    "what is owed to a seller is not what was sold less what was taken": """
        SELECT p.id::text FROM producers p WHERE
            (SELECT COALESCE(sum(balance), 0) FROM owed
                WHERE account IN ('seller_payable:' || p.id, 'delivery_payable:' || p.id))
            <> (SELECT COALESCE(sum(e.amount_minor), 0) FROM journal_entries e JOIN journals j ON j.id = e.journal_id
                WHERE j.kind IN ('sale', 'sale_reversed', 'cash_kept', 'cash_returned') AND e.account IN ('seller_payable:' || p.id, 'delivery_payable:' || p.id))
                + (SELECT COALESCE(sum(amount_minor + gift_minor), 0) FROM refunds WHERE producer_id = p.id AND withdrawn_at IS NULL)
                + (SELECT COALESCE(sum(amount_minor - given_minor), 0) FROM fees_taken WHERE producer_id = p.id)
                + COALESCE((SELECT minor FROM taxed WHERE producer_id = p.id), 0)
                + (SELECT COALESCE(sum(amount_minor), 0) FROM payouts WHERE producer_id = p.id AND state <> 'returned')""",
    "the bank is not what came less what went": """
        SELECT 'bank' WHERE COALESCE((SELECT sum(e.amount_minor) FROM journal_entries e JOIN journals j ON j.id = e.journal_id
                WHERE split_part(e.account, ':', 1) IN ('bank', 'gateway_clearing', 'producer_cash')
                    AND j.kind IN ('receipt', 'divided', 'return', 'refund_paid')), 0)
            <> COALESCE((SELECT sum(amount_minor - back_minor) FROM given), 0)
                - COALESCE((SELECT sum(amount_minor) FROM refunds WHERE paid_at IS NOT NULL AND credited_to_id IS NULL), 0)""",
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

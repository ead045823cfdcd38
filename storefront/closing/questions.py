"""What is asked of the books at a close: each question selects what does not fit, and nothing when all is well.

Every row is (label, what it must be, what it is, kind of link, link, how many rows in all); amounts are đồng, or the
goods' own unit. Questions about days take :since and :until (instants), the others look at the books as they stand;
all take :most, the rows wanted. Raw SQL: most of it is a full outer join of what the rooms know with what is booked.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Question(StrEnum):
    """What is asked, in the order in which the page shows it."""

    JOURNALS = "journals"
    SALES = "sales"
    MONEY = "money"
    SUSPENSE = "suspense"
    REFUNDS = "refunds"
    RECEIVABLES = "receivables"
    FINISHED = "finished"
    TRANSIT = "transit"
    TAXES = "taxes"
    SHELVES = "shelves"
    HOLDS = "holds"
    COURIERS = "couriers"
    GIFTS = "gifts"


_JOURNALS = """
SELECT j.kind || ' ' || j.memo, 0, CASE WHEN count(e.id) >= 2 THEN sum(e.amount_minor)::bigint END, 'account', min(e.account), count(*) OVER ()
FROM journals j LEFT JOIN journal_entries e ON e.journal_id = j.id
WHERE j.occurred_at >= :since AND j.occurred_at < :until
GROUP BY j.id HAVING coalesce(sum(e.amount_minor), 0) <> 0 OR count(e.id) < 2
ORDER BY j.id LIMIT :most
"""

_SALES = """
WITH paid AS (
    SELECT 'order:' || id AS source, code, total_minor AS minor FROM orders
    WHERE paid_at >= :since AND paid_at < :until
    UNION ALL
    SELECT 'booking:' || b.id, b.code, b.total_minor FROM bookings b
    WHERE b.operator_id IS NULL AND b.batch_id IS NULL AND b.confirmed_at >= :since AND b.confirmed_at < :until
      AND NOT EXISTS (SELECT FROM visit_deposits d WHERE d.booking_id = b.id)
    UNION ALL
    SELECT 'booking:' || b.id || '-deposit', b.code, d.deposit_minor
    FROM visit_deposits d JOIN bookings b ON b.id = d.booking_id
    WHERE b.confirmed_at >= :since AND b.confirmed_at < :until
    UNION ALL
    SELECT 'booking:' || b.id, b.code, d.sold_minor FROM visit_deposits d JOIN bookings b ON b.id = d.booking_id
    WHERE d.settled_at >= :since AND d.settled_at < :until
    UNION ALL
    SELECT 'stay:' || id, code, total_minor FROM stay_bookings WHERE confirmed_at >= :since AND confirmed_at < :until
    UNION ALL
    SELECT 'batch:' || s.id, b.code, s.amount_minor FROM batch_settlements s JOIN ticket_batches b ON b.id = s.batch_id
    WHERE s.sold > 0 AND s.created_at >= :since AND s.created_at < :until
    UNION ALL
    SELECT 'operator_sale:' || id, code, amount_minor FROM operator_sales
    WHERE created_at >= :since AND created_at < :until
    UNION ALL
    SELECT 'operator_sale:' || id || '-back', code, kept_minor - amount_minor FROM operator_sales
    WHERE kept_minor < amount_minor AND reversed_at >= :since AND reversed_at < :until
), sold AS (
    SELECT j.source || CASE j.kind WHEN 'sale_reversed' THEN '-back' WHEN 'deposit' THEN '-deposit' ELSE '' END AS source,
           min(j.memo) AS code, min(e.account) AS account, sum(e.amount_minor)::bigint AS minor
    FROM journals j
    JOIN journal_entries e ON e.journal_id = j.id
     AND (e.account = 'buyer_receivable:' || j.source OR starts_with(e.account, 'operator_receivable:')
          OR (j.kind = 'sale' AND (starts_with(e.account, 'deposits:') OR starts_with(e.account, 'buyer_receivable:balance:'))))
    WHERE j.kind IN ('sale', 'sale_reversed', 'deposit') AND j.occurred_at >= :since AND j.occurred_at < :until
    GROUP BY j.source, j.kind
)
SELECT coalesce(paid.code, sold.code), paid.minor, sold.minor, 'account',
       coalesce(sold.account, 'buyer_receivable:' || source), count(*) OVER ()
FROM paid FULL JOIN sold USING (source)
WHERE paid.minor IS DISTINCT FROM sold.minor
ORDER BY source LIMIT :most
"""

_MONEY = """
WITH known AS (
    SELECT 'receipt' AS kind, id::text AS source, memo, amount_minor AS minor FROM receipts
    WHERE arrived_at >= :since AND arrived_at < :until
    UNION ALL
    SELECT 'divided', id::text, memo, -amount_minor FROM receipts
    WHERE resolution = 'divided' AND resolved_at >= :since AND resolved_at < :until
    UNION ALL
    SELECT 'return', id::text, resolution_reference,
           -(CASE outcome WHEN 'over' THEN surplus_minor ELSE amount_minor END) FROM receipts
    WHERE resolution = 'returned' AND resolved_at >= :since AND resolved_at < :until
    UNION ALL
    SELECT 'refund_paid', 'refund:' || id, code, -amount_minor FROM refunds
    WHERE credited_to_id IS NULL AND paid_at >= :since AND paid_at < :until
    UNION ALL
    SELECT 'payout_settled', 'payout:' || id, code, -amount_minor FROM payouts
    WHERE settled_at >= :since AND settled_at < :until
    UNION ALL
    SELECT 'payout_returned', 'payout:' || id, code, amount_minor FROM payouts
    WHERE settled_at IS NOT NULL AND returned_at >= :since AND returned_at < :until
    UNION ALL
    SELECT 'tax_paid', 'tax:' || to_char(p.month, 'YYYY-MM'), p.reference, -sum(t.vat_minor + t.pit_minor)::bigint
    FROM tax_payments p JOIN tax_payment_parts t ON t.payment_id = p.id
    WHERE p.created_at >= :since AND p.created_at < :until GROUP BY p.id
), booked AS (
    SELECT j.kind, j.source, min(j.memo) AS memo, min(e.account) AS account, sum(e.amount_minor)::bigint AS minor
    FROM journals j JOIN journal_entries e ON e.journal_id = j.id
    WHERE j.kind IN ('receipt', 'divided', 'return', 'refund_paid', 'payout_settled', 'payout_returned', 'tax_paid')
      AND j.occurred_at >= :since AND j.occurred_at < :until
      AND split_part(e.account, ':', 1) IN ('bank', 'gateway_clearing', 'producer_cash')
    GROUP BY j.kind, j.source
)
SELECT coalesce(known.memo, booked.memo, source), known.minor, booked.minor,
       CASE WHEN booked.account IS NULL AND kind IN ('receipt', 'return') THEN 'receipt' ELSE 'account' END,
       coalesce(booked.account, source), count(*) OVER ()
FROM known FULL JOIN booked USING (kind, source)
WHERE known.minor IS DISTINCT FROM booked.minor
ORDER BY kind, source LIMIT :most
"""

_SUSPENSE = """
WITH queue AS (
    SELECT -coalesce(sum(amount_minor), 0)::bigint AS minor FROM receipts
    WHERE outcome = 'unmatched' AND resolved_at IS NULL
), booked AS (
    SELECT coalesce(sum(amount_minor), 0)::bigint AS minor FROM journal_entries WHERE account = 'suspense_unmatched'
)
SELECT 'suspense_unmatched', queue.minor, booked.minor, 'account', 'suspense_unmatched', 1
FROM queue, booked WHERE queue.minor <> booked.minor LIMIT :most
"""

_REFUNDS = """
WITH queue AS (
    SELECT 'refund_payable:' || payable_kind || ':' || payable_id AS account, -sum(minor)::bigint AS minor
    FROM (
        SELECT payable_kind, payable_id, amount_minor AS minor FROM refunds
        WHERE paid_at IS NULL AND withdrawn_at IS NULL
        UNION ALL
        SELECT p.payable_kind, p.payable_id, r.surplus_minor
        FROM receipts r JOIN payments p ON p.id = r.payment_id
        WHERE r.resolved_at IS NULL AND r.surplus_minor > 0
    ) AS owed GROUP BY payable_kind, payable_id
), booked AS (
    SELECT account, sum(amount_minor)::bigint AS minor FROM journal_entries
    WHERE starts_with(account, 'refund_payable:') GROUP BY account HAVING sum(amount_minor) <> 0
)
SELECT account, queue.minor, booked.minor, 'account', account, count(*) OVER ()
FROM queue FULL JOIN booked USING (account)
WHERE queue.minor IS DISTINCT FROM booked.minor
ORDER BY account LIMIT :most
"""

# What a payer still owes is no matter of a queue: money on delivery stands there until the courier brings it.
_RECEIVABLES = """
WITH queue AS (
    SELECT account, sum(minor)::bigint AS minor FROM (
        SELECT 'buyer_receivable:' || p.payable_kind || ':' || p.payable_id AS account,
               r.surplus_minor - r.amount_minor AS minor
        FROM receipts r JOIN payments p ON p.id = r.payment_id
        WHERE r.resolved_at IS NULL AND r.outcome IN ('under', 'late')
        UNION ALL
        SELECT 'buyer_receivable:order:' || u.order_id, -u.amount_minor
        FROM credit_uses u JOIN orders o ON o.id = u.order_id
        WHERE u.is_taken AND o.paid_at IS NULL
    ) AS held GROUP BY account
), booked AS (
    SELECT account, sum(amount_minor)::bigint AS minor FROM journal_entries
    WHERE starts_with(account, 'buyer_receivable:') GROUP BY account HAVING sum(amount_minor) < 0
)
SELECT account, queue.minor, booked.minor, 'account', account, count(*) OVER ()
FROM queue FULL JOIN booked USING (account)
WHERE queue.minor IS DISTINCT FROM booked.minor
ORDER BY account LIMIT :most
"""

_FINISHED = """
WITH owing AS (
    SELECT account, sum(amount_minor)::bigint AS minor FROM journal_entries
    WHERE starts_with(account, 'buyer_receivable:') GROUP BY account HAVING sum(amount_minor) > 0
), finished AS (
    SELECT 'buyer_receivable:order:' || id AS account, code FROM orders
    WHERE state IN ('completed', 'cancelled', 'returned')
    UNION ALL
    SELECT 'buyer_receivable:' || kind || ':' || id, code FROM bookings CROSS JOIN (VALUES ('booking'), ('balance')) AS k(kind)
    WHERE state IN ('redeemed', 'cancelled', 'expired')
    UNION ALL
    SELECT 'buyer_receivable:stay:' || id, code FROM stay_bookings WHERE state IN ('here', 'left', 'cancelled', 'expired')
)
SELECT finished.code, 0, owing.minor, 'account', account, count(*) OVER ()
FROM owing JOIN finished USING (account)
ORDER BY account LIMIT :most
"""

_TRANSIT = """
WITH queue AS (
    SELECT 'payout_in_transit:' || producer_id AS account, -sum(amount_minor)::bigint AS minor FROM payouts
    WHERE state = 'in_transit' GROUP BY producer_id
), booked AS (
    SELECT account, sum(amount_minor)::bigint AS minor FROM journal_entries
    WHERE starts_with(account, 'payout_in_transit:') GROUP BY account HAVING sum(amount_minor) <> 0
)
SELECT account, queue.minor, booked.minor, 'account', account, count(*) OVER ()
FROM queue FULL JOIN booked USING (account)
WHERE queue.minor IS DISTINCT FROM booked.minor
ORDER BY account LIMIT :most
"""

_TAXES = """
WITH kept AS (
    SELECT 'tax_withheld:' || producer_id AS account, -sum(minor)::bigint AS minor
    FROM (
        SELECT producer_id, vat_minor + pit_minor AS minor FROM tax_entries
        UNION ALL
        SELECT producer_id, -(vat_minor + pit_minor) FROM tax_payment_parts
    ) AS moved GROUP BY producer_id HAVING sum(minor) <> 0
), booked AS (
    SELECT account, sum(amount_minor)::bigint AS minor FROM journal_entries
    WHERE starts_with(account, 'tax_withheld:') GROUP BY account HAVING sum(amount_minor) <> 0
)
SELECT account, kept.minor, booked.minor, 'account', account, count(*) OVER ()
FROM kept FULL JOIN booked USING (account)
WHERE kept.minor IS DISTINCT FROM booked.minor
ORDER BY account LIMIT :most
"""

_SHELVES = """
WITH held AS (
    SELECT stock_item_id AS id,
           coalesce(sum(quantity) FILTER (WHERE state = 'reserved'), 0)::bigint AS reserved,
           coalesce(sum(quantity) FILTER (WHERE state = 'allocated'), 0)::bigint AS allocated
    FROM reservations WHERE state IN ('reserved', 'allocated') GROUP BY stock_item_id
)
SELECT l.code, coalesce(held.reserved + held.allocated, 0), s.reserved + s.allocated, '', '', count(*) OVER ()
FROM stock_items s JOIN lots l ON l.id = s.lot_id LEFT JOIN held ON held.id = s.id
WHERE s.reserved <> coalesce(held.reserved, 0) OR s.allocated <> coalesce(held.allocated, 0)
ORDER BY s.id LIMIT :most
"""

_HOLDS = """
SELECT o.code, 0, r.quantity, 'account', 'buyer_receivable:order:' || o.id, count(*) OVER ()
FROM reservations r
JOIN order_lines l ON l.id = r.line_id
JOIN consignments c ON c.id = l.consignment_id
JOIN orders o ON o.id = l.order_id
WHERE (r.state = 'reserved' AND o.state <> 'awaiting_payment')
   OR (r.state = 'allocated' AND c.state NOT IN ('awaiting_confirmation', 'packing'))
ORDER BY r.id LIMIT :most
"""

_COURIERS = """
WITH out AS (
    SELECT c.producer_id, sum(o.total_minor - o.credit_minor)::bigint AS minor FROM orders o JOIN consignments c ON c.order_id = o.id
    WHERE o.is_cash AND o.paid_at IS NULL AND c.state IN ('delivered', 'completed') GROUP BY c.producer_id
), queue AS (
    SELECT 'courier_receivable:' || producer_id AS account, minor FROM out
    UNION ALL
    SELECT 'courier_deferred:' || producer_id, -minor FROM out
), booked AS (
    SELECT account, sum(amount_minor)::bigint AS minor FROM journal_entries
    WHERE split_part(account, ':', 1) IN ('courier_receivable', 'courier_deferred', 'producer_cash')
    GROUP BY account HAVING sum(amount_minor) <> 0
)
SELECT account, queue.minor, booked.minor, 'account', account, count(*) OVER ()
FROM queue FULL JOIN booked USING (account)
WHERE queue.minor IS DISTINCT FROM booked.minor
ORDER BY account LIMIT :most
"""

_GIFTS = """
WITH given AS (
    SELECT (SELECT coalesce(sum(gift_minor), 0)::bigint FROM orders WHERE paid_at IS NOT NULL)
         - (SELECT coalesce(sum(gift_minor), 0)::bigint FROM refunds WHERE withdrawn_at IS NULL) AS minor
), booked AS (
    SELECT coalesce(sum(amount_minor), 0)::bigint AS minor FROM journal_entries WHERE account = 'marketing_expense'
)
SELECT 'marketing_expense', given.minor, booked.minor, 'account', 'marketing_expense', 1
FROM given, booked WHERE given.minor <> booked.minor LIMIT :most
"""

STATEMENTS: Mapping[Question, str] = {
    Question.JOURNALS: _JOURNALS,
    Question.SALES: _SALES,
    Question.MONEY: _MONEY,
    Question.SUSPENSE: _SUSPENSE,
    Question.REFUNDS: _REFUNDS,
    Question.RECEIVABLES: _RECEIVABLES,
    Question.FINISHED: _FINISHED,
    Question.TRANSIT: _TRANSIT,
    Question.TAXES: _TAXES,
    Question.SHELVES: _SHELVES,
    Question.HOLDS: _HOLDS,
    Question.COURIERS: _COURIERS,
    Question.GIFTS: _GIFTS,
}
SUMS = """
SELECT CASE WHEN split_part(e.account, ':', 1) = ANY(:folded) THEN split_part(e.account, ':', 1) ELSE e.account END AS name,
       coalesce(sum(e.amount_minor) FILTER (WHERE e.amount_minor > 0 AND j.occurred_at >= :since), 0)::bigint,
       coalesce(sum(e.amount_minor) FILTER (WHERE e.amount_minor < 0 AND j.occurred_at >= :since), 0)::bigint,
       sum(e.amount_minor)::bigint
FROM journal_entries e JOIN journals j ON j.id = e.journal_id
WHERE j.occurred_at < :until
GROUP BY name ORDER BY name
"""
"""Debits, credits and the balance at the end of each account; accounts of payers (:folded) by kind."""

"""What the margins ask the tables, in SQL: what was bought, which lots it went into, and what those lots came to.

The rules stand in MARGINS.md. What is shared out is counted in `numeric`, so that nothing is lost before the last sum.
"""

from __future__ import annotations

_HELD = """
held AS (
    SELECT s.id, f.owner_id, f.owner_id IS NULL AS is_nobodys, p.crop, s.grade, s.weight_g, s.amount_minor
    FROM intake_slips s JOIN farms f ON f.id = s.farm_id JOIN sites p ON p.id = s.site_id
    WHERE s.producer_id = :producer_id AND s.weighed_at >= :since AND s.weighed_at < :until
      AND NOT EXISTS (SELECT FROM intake_slips n WHERE n.corrects_id = s.id)
), chain AS (
    SELECT id AS head_id, id AS slip_id FROM held
    UNION ALL
    SELECT c.head_id, s.corrects_id FROM chain c JOIN intake_slips s ON s.id = c.slip_id
    WHERE s.corrects_id IS NOT NULL
), taken AS (
    SELECT c.head_id, l.lot_id, sum(l.quantity_g) AS raw_g
    FROM chain c JOIN lot_sources l ON l.intake_slip_id = c.slip_id
    GROUP BY c.head_id, l.lot_id
), used AS (
    SELECT head_id, sum(raw_g) AS used_g FROM taken GROUP BY head_id
)"""
"""The slips of the period that hold (G1), each with all that it corrects, and how much of it went into which lot."""

BOUGHT = f"""
WITH RECURSIVE {_HELD}, settled AS (
    SELECT c.head_id, sum(l.amount_minor) AS minor
    FROM chain c JOIN settlement_lines l ON l.slip_id = c.slip_id GROUP BY c.head_id
)
SELECT h.crop, h.is_nobodys, CASE WHEN grouping(h.grade) = 0 THEN h.grade END AS grade,
       count(*), count(DISTINCT h.owner_id), sum(h.weight_g)::bigint, sum(h.amount_minor)::bigint,
       sum(h.amount_minor - coalesce(t.minor, 0))::bigint,
       sum(greatest(h.weight_g - coalesce(u.used_g, 0), 0))::bigint,
       coalesce(bool_or(h.owner_id = :person_id), false)
FROM held h LEFT JOIN settled t ON t.head_id = h.id LEFT JOIN used u ON u.head_id = h.id
GROUP BY GROUPING SETS ((h.crop, h.is_nobodys, h.grade), (h.crop, h.is_nobodys))
ORDER BY h.crop, h.is_nobodys
"""  # noqa: S608 - put together of what stands in this file
"""By crop and grade, and by crop: slips, households, grams, đồng, đồng not settled yet, grams in no lot yet, mine or not."""

LOTS = f"""
WITH RECURSIVE {_HELD}, fresh AS (
    SELECT t.lot_id, sum(t.raw_g) AS raw_g,
           sum(t.raw_g * h.weight_g / greatest(h.weight_g, u.used_g)) AS leaf_g,
           sum(t.raw_g * h.amount_minor / greatest(h.weight_g, u.used_g)) AS cost_minor
    FROM taken t JOIN held h ON h.id = t.head_id AND NOT h.is_nobodys JOIN used u ON u.head_id = t.head_id
    GROUP BY t.lot_id
), family AS (
    SELECT lot_id FROM fresh
    UNION
    SELECT s.lot_id FROM family JOIN lot_sources s ON s.from_lot_id = family.lot_id
)
SELECT l.id, g.crop, v.id, g.title, v.name, v.sold_by = 'piece', v.net_weight_g,
       l.quantity_g, l.moved_g, l.state = 'released' AND NOT coalesce(i.is_blocked, false),
       coalesce(i.on_hand - i.allocated, 0), i.id IS NOT NULL,
       coalesce(f.raw_g, 0), coalesce(f.leaf_g, 0), coalesce(f.cost_minor, 0),
       (SELECT coalesce(sum(s.quantity_g), 0) FROM lot_sources s WHERE s.lot_id = l.id AND s.from_lot_id IS NULL)
FROM family JOIN lots l ON l.id = family.lot_id
JOIN variants v ON v.id = l.variant_id JOIN listings g ON g.id = v.listing_id
LEFT JOIN fresh f ON f.lot_id = l.id
LEFT JOIN stock_items i ON i.lot_id = l.id AND i.variant_id = l.variant_id
ORDER BY g.title, v.name, l.id
"""  # noqa: S608 - as above
"""The lots that took something of these slips, straight or through other lots, with what lies there of them."""

WAYS = """
SELECT lot_id, from_lot_id, sum(quantity_g)::bigint FROM lot_sources
WHERE from_lot_id = ANY(:lot_ids) GROUP BY lot_id, from_lot_id
"""
"""How much went on from which lot into which."""

SOLD = """
WITH got AS (
    SELECT i.lot_id, l.order_id, l.consignment_id, o.paid_at IS NOT NULL AS is_paid, b.order_line_id IS NOT NULL AS is_back,
           coalesce(l.final_minor, l.amount_minor) AS minor,
           coalesce(w.weight_g, sum(r.quantity) * CASE l.sold_by WHEN 'piece' THEN v.net_weight_g ELSE 1 END) AS weight_g,
           coalesce(w.weight_g / w.all_g, sum(r.quantity) / l.quantity) AS part
    FROM stock_items i
    JOIN reservations r ON r.stock_item_id = i.id AND r.state IN ('allocated', 'shipped')
    JOIN order_lines l ON l.id = r.line_id
    JOIN orders o ON o.id = l.order_id
    JOIN variants v ON v.id = l.variant_id
    LEFT JOIN refunded_lines b ON b.order_line_id = l.id
    LEFT JOIN LATERAL (
        SELECT sum(p.weight_g) FILTER (WHERE p.lot_id = i.lot_id) AS weight_g, sum(p.weight_g) AS all_g
        FROM weighed_pieces p WHERE p.order_line_id = l.id
            AND p.turn = (SELECT max(n.turn) FROM weighed_pieces n WHERE n.order_line_id = l.id)
    ) w ON true
    WHERE i.lot_id = ANY(:lot_ids) AND (o.paid_at IS NOT NULL OR o.state <> 'returned')
    GROUP BY i.lot_id, l.id, o.paid_at, b.order_line_id, v.net_weight_g, w.weight_g, w.all_g
), parcels AS (
    SELECT l.consignment_id,
           sum(coalesce(l.final_minor, l.amount_minor)) AS all_minor,
           coalesce(sum(coalesce(l.final_minor, l.amount_minor)) FILTER (WHERE b.order_line_id IS NULL), 0) AS kept_minor
    FROM order_lines l LEFT JOIN refunded_lines b ON b.order_line_id = l.id
    WHERE l.consignment_id IN (SELECT consignment_id FROM got WHERE is_paid)
    GROUP BY l.consignment_id
), shares AS (
    SELECT g.lot_id, g.order_id, sum(g.part * CASE
               WHEN p.kept_minor > 0 THEN (CASE WHEN g.is_back THEN 0 ELSE g.minor END) / p.kept_minor
               WHEN p.all_minor > 0 THEN g.minor / p.all_minor ELSE 0 END) AS share
    FROM got g JOIN parcels p ON p.consignment_id = g.consignment_id
    WHERE g.is_paid GROUP BY g.lot_id, g.order_id
), named AS (
    SELECT order_id, 'sale' AS kind, 'order:' || order_id AS source, 'goods' AS what FROM shares
    UNION SELECT order_id, 'fee', 'order:' || order_id || ':' || :producer || ':' || 'market', 'market' FROM shares
    UNION SELECT order_id, 'fee', 'order:' || order_id || ':' || :producer || ':' || 'payment', 'payment' FROM shares
    UNION SELECT order_id, 'tax', 'order:' || order_id || ':' || :producer, 'tax' FROM shares
    UNION SELECT order_id, n.kind, r.source || n.tail, n.what
    FROM shares
    JOIN refunds r ON r.payable_kind = 'order' AND r.payable_id = order_id AND r.producer_id = :producer_id
    CROSS JOIN (VALUES ('refund_owed', '', 'goods'), ('fee_reversed', ':' || 'market', 'market'),
                       ('fee_reversed', ':' || 'payment', 'payment'), ('tax_reversed', '', 'tax')) AS n (kind, tail, what)
    UNION SELECT order_id, n.kind, 'refund:' || r.id || n.tail, n.what
    FROM shares
    JOIN refunds r ON r.payable_kind = 'order' AND r.payable_id = order_id AND r.producer_id = :producer_id
        AND r.withdrawn_at IS NOT NULL
    CROSS JOIN (VALUES ('refund_withdrawn', '', 'goods'), ('fee_retaken', ':' || 'market', 'market'),
                       ('fee_retaken', ':' || 'payment', 'payment'), ('tax_retaken', '', 'tax')) AS n (kind, tail, what)
    UNION SELECT order_id, 'cash_kept', 'remittance:' || m.id || ':' || order_id, 'sending'
    FROM shares JOIN remittance_lines USING (order_id)
    JOIN remittances m ON m.id = remittance_id AND m.receipt_id IS NOT NULL
), money AS (
    SELECT n.order_id,
           coalesce(-sum(e.amount_minor) FILTER (WHERE n.what = 'goods' AND e.account = :seller), 0) AS goods,
           coalesce(-sum(e.amount_minor) FILTER (WHERE n.what = 'goods' AND e.account = :delivery), 0) AS delivery,
           coalesce(sum(e.amount_minor) FILTER (WHERE n.what = 'market' AND e.account = :seller), 0) AS market,
           coalesce(sum(e.amount_minor) FILTER (WHERE n.what = 'payment' AND e.account = :seller), 0) AS payment,
           coalesce(sum(e.amount_minor) FILTER (WHERE n.what = 'tax' AND e.account = :seller), 0) AS tax,
           coalesce(sum(e.amount_minor) FILTER (WHERE n.what = 'sending' AND e.account = :seller), 0) AS sending
    FROM named n JOIN journals j ON j.kind = n.kind AND j.source = n.source
    JOIN journal_entries e ON e.journal_id = j.id
    WHERE e.account IN (:seller, :delivery)
    GROUP BY n.order_id
), came AS (
    SELECT s.lot_id, sum(s.share * m.goods) AS goods, sum(s.share * m.delivery) AS delivery,
           sum(s.share * m.market) AS market, sum(s.share * m.payment) AS payment,
           sum(s.share * m.tax) AS tax, sum(s.share * m.sending) AS sending
    FROM shares s JOIN money m USING (order_id) GROUP BY s.lot_id
), went AS (
    SELECT lot_id,
           coalesce(sum(weight_g) FILTER (WHERE is_paid AND NOT is_back), 0) AS sold_g,
           coalesce(sum(weight_g) FILTER (WHERE is_back), 0) AS back_g,
           coalesce(sum(weight_g) FILTER (WHERE NOT is_paid AND NOT is_back), 0) AS pending_g
    FROM got GROUP BY lot_id
)
SELECT w.lot_id, w.sold_g, w.back_g, w.pending_g, coalesce(c.goods, 0), coalesce(c.delivery, 0),
       coalesce(c.market, 0), coalesce(c.payment, 0), coalesce(c.tax, 0), coalesce(c.sending, 0)
FROM went w LEFT JOIN came c USING (lot_id)
"""
"""By lot: grams sold, given back in money, and out unpaid; then, of what the books say of those orders, the lot's part."""

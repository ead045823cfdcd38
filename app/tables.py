"""Every table of the house, so that the metadata is whole; migrations and tests import this, nobody else."""

from app.accounts import models as accounts
from app.core import inbox
from app.core.orm import Base
from app.media import models as media
from app.notices import models as notices
from app.offline import models as offline
from app.offline.uploads import models as uploads
from app.places import models as places
from app.voices import models as voices
from producers.certificates import models as certificates
from producers.cooperatives import models as cooperatives
from producers.diaries import models as diaries
from producers.farms import models as farms
from producers.inputs import models as inputs
from producers.intake import models as intake
from producers.lessons import models as lessons
from producers.listings import models as listings
from producers.mandates import models as mandates
from producers.practice import models as practice
from storefront.cart import models as cart
from storefront.cash import models as cash
from storefront.catalog import models as catalog
from storefront.closing import models as closing
from storefront.credits import models as credits_
from storefront.delivery import models as delivery
from storefront.fees import models as fees
from storefront.fulfilment import models as fulfilment
from storefront.invoices import models as invoices
from storefront.ledger import models as ledger
from storefront.octo import models as octo
from storefront.operators import models as operators
from storefront.orders import models as orders
from storefront.payments import models as payments
from storefront.payouts import models as payouts
from storefront.preorders import models as preorders
from storefront.pricelists import models as pricelists
from storefront.pricing import models as pricing
from storefront.refunds import models as refunds
from storefront.remittances import models as remittances
from storefront.settlements import models as settlements
from storefront.stays import models as stays
from storefront.stock import models as stock
from storefront.taxes import models as taxes
from storefront.tours import allotment_models as allotments
from storefront.tours import batch_models as tour_batches
from storefront.tours import deposit_models as tour_deposits
from storefront.tours import extra_models as tour_extras
from storefront.tours import gate_models as tour_gates
from storefront.tours import group_models as tour_groups
from storefront.tours import models as tours
from storefront.tours import resource_models as tour_resources
from storefront.tours import waiting_models as tour_waiting
from storefront.vouchers import models as vouchers
from traceability.authority import models as authority
from traceability.chronicle import models as chronicle
from traceability.events import models as events
from traceability.labels import models as labels
from traceability.links import models as links
from traceability.lots import models as lots
from traceability.recalls import models as recalls
from traceability.reports import models as reports
from traceability.scans import models as scans
from traceability.subscriptions import models as subscriptions
from traceability.transparency import models as transparency

ROOMS = (
    accounts, allotments, authority, cart, cash, catalog, certificates, chronicle, closing, cooperatives, credits_, delivery, diaries, events, farms, fees, fulfilment, inbox,
    inputs, intake, invoices, labels, ledger, lessons, links, listings, lots, mandates, media, notices, octo, offline, operators, orders, payments, payouts, places, practice,
    preorders, pricelists, pricing, recalls, refunds, remittances, reports, scans, settlements, stays, stock, subscriptions, taxes, tour_batches, tour_deposits, tour_extras, tour_gates, tour_groups,
    tour_resources, tour_waiting, tours, transparency, uploads, voices,
    vouchers,
)  # fmt: skip
metadata = Base.metadata

"""Who brings money in: banks, wallets and the card house, each open as far as its keys are set."""

from __future__ import annotations

from datetime import datetime

from app.core import http
from app.core.settings import Settings
from app.web.house import House
from storefront.invoices.ports import ByHand, EInvoices
from storefront.orders.payers import OrderPayers
from storefront.payments.casso import CassoChannel
from storefront.payments.lists import CassoList, SepayList
from storefront.payments.models import PayableKind
from storefront.payments.momo import MomoGateway
from storefront.payments.payos import PayosChannel
from storefront.payments.ports import (
    BankChannel,
    BankChannels,
    BankList,
    BankLists,
    CardDesk,
    CardGateway,
    PayerBook,
    PayerBooks,
)
from storefront.payments.sandbox import card_house
from storefront.payments.sandbox import keys as demo_keys
from storefront.payments.sepay import SepayChannel
from storefront.payments.service import CollectingAccount
from storefront.payments.vnpay import VnpayGateway
from storefront.payments.wallet_ports import WalletGateway, Wallets
from storefront.payments.zalopay import ZalopayGateway
from storefront.stays.payers import StayPayers
from storefront.tours.payers import BookingPayers


def wire_payments(house: House) -> None:
    """Fill the ports of money: where it comes in, who reports it, who takes cards."""
    settings = house.settings
    bank_secret = settings.sepay_secret or (demo_keys.bank_secret(house.secret) if settings.demo else "")
    sepay = SepayChannel(secret=bank_secret, api_key=settings.sepay_api_key)
    casso = CassoChannel(secret=settings.casso_secret)
    payos = PayosChannel(checksum_key=settings.payos_checksum_key)
    channels: tuple[BankChannel, ...] = (sepay, casso, payos)
    house.provide(BankChannels, BankChannels({channel.name: channel for channel in channels}))
    house.provide(BankLists, _open_lists(settings))
    books: dict[PayableKind, PayerBook] = {
        PayableKind.ORDER: OrderPayers(),
        PayableKind.BOOKING: BookingPayers(),
        PayableKind.STAY: StayPayers(),
        PayableKind.BALANCE: BookingPayers(),
        # Paid in the moment in which it is asked for: nobody is ever suggested for it.
        PayableKind.BATCH: BookingPayers(),
    }
    house.provide(PayerBooks, PayerBooks(books))
    house.provide(EInvoices, ByHand())  # type: ignore[type-abstract]  # a port is filled by its protocol
    wallets = _open_wallets(house)
    house.provide(Wallets, wallets)
    gateway = _open_gateway(house) if settings.stripe_secret_key or settings.demo else None
    house.provide(CardDesk, CardDesk(gateway))
    account = (settings.bank_account, settings.bank_account_name)
    if settings.demo and not settings.bank_account:
        account = demo_keys.ACCOUNT
    house.provide(
        CollectingAccount,
        CollectingAccount(
            bank_bin=settings.bank_bin,
            account=account[0],
            account_name=account[1],
            takes_cards=gateway is not None,
            is_demo=settings.demo,
            wallets=tuple((name, wallet.label) for name, wallet in wallets.items()),
        ),
    )


def _open_lists(settings: Settings) -> BankLists:
    """The providers whose lists of transactions are read once a day."""
    found: list[BankList] = []
    if settings.sepay_api_token:
        client, token = http.make_client(), settings.sepay_api_token
        found.append(SepayList(client, token=token, api_url=settings.sepay_api_url))
    if settings.casso_api_key:
        client, key = http.make_client(), settings.casso_api_key
        found.append(CassoList(client, api_key=key, api_url=settings.casso_api_url))
    return BankLists(found)


def _open_wallets(house: House) -> Wallets:
    """The wallets whose keys are set; their pages may be led to from a form."""
    settings = house.settings
    opened: list[tuple[WalletGateway, str]] = []
    if settings.vnpay_secret:
        page = settings.vnpay_page_url
        opened.append(
            (VnpayGateway(tmn_code=settings.vnpay_tmn_code, secret=settings.vnpay_secret, page=page), page)
        )
    if settings.momo_secret:
        momo = MomoGateway(
            http.make_client(),
            partner_code=settings.momo_partner_code,
            access_key=settings.momo_access_key,
            secret=settings.momo_secret,
            api_url=settings.momo_api_url,
        )
        opened.append((momo, settings.momo_api_url))
    if settings.zalopay_key2:
        zalopay = ZalopayGateway(
            http.make_client(),
            app_id=settings.zalopay_app_id,
            key1=settings.zalopay_key1,
            key2=settings.zalopay_key2,
            api_url=settings.zalopay_api_url,
        )
        opened.append((zalopay, "https://*.zalopay.vn"))
    opened = [(wallet, page) for wallet, page in opened if wallet.is_open]
    house.form_targets += tuple("/".join(page.split("/", 3)[:3]) for _wallet, page in opened)
    return Wallets({wallet.name: wallet for wallet, _page in opened})


def _open_gateway(house: House) -> CardGateway:
    """Open the line to Stripe; the demo without a key has a card house of its own."""
    # Here and not above: Stripe's library costs a second and 30 MB where no cards are taken.
    from storefront.payments.stripe_gateway import StripeGateway

    settings = house.settings
    if settings.stripe_secret_key:
        house.form_targets += ("https://checkout.stripe.com",)
        return StripeGateway(
            secret_key=settings.stripe_secret_key,
            webhook_secret=settings.stripe_webhook_secret,
            client=http.make_client(),
            api_url=settings.stripe_api_url,
        )

    def now() -> datetime:
        return house.clock.now()

    return StripeGateway(
        secret_key=demo_keys.CARD_KEY,
        webhook_secret=demo_keys.CARD_WEBHOOK_SECRET,
        client=card_house.make_client(house.database, now),
        api_url=card_house.API,
    )

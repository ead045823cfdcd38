"""Settings: environment variables `CHOPHIEN_*`, each with a safe default or refused in production."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIN_SECRET = 32


class Environment(StrEnum):
    """Where the service runs; `production` refuses every default that is only safe at home."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SmsChannel(StrEnum):
    """Who carries our short messages."""

    CONSOLE = "console"
    HTTP = "http"


class Settings(BaseSettings):
    """All settings of one instance; two data directories are two instances."""

    model_config = SettingsConfigDict(env_prefix="CHOPHIEN_", extra="ignore", frozen=True)

    env: Environment = Field(Environment.DEVELOPMENT, description="`development` or `production`")
    data_dir: Path = Field(Path("var"), description="Folder that holds all state: database, files, secret")
    database_url: str | None = Field(
        None, description="PostgreSQL to use instead of the embedded one, `postgresql://user:pass@host/db`"
    )
    public_url: str = Field("http://127.0.0.1:8000", description="Address that labels and links carry")
    secret_key: str | None = Field(
        None,
        description="Key behind tokens and one-time codes; made in the data folder when unset",
        repr=False,
    )
    demo: bool = Field(default=False, description="Demo data, demo bank and demo card; refused in production")
    files_url: str | None = Field(
        None,
        description="Where photos live, for example `s3://bucket/prefix`; unset is a folder in the data folder",
    )
    trusted_proxies: int = Field(
        0, ge=0, description="How many proxies in front may name the visitor's address (X-Forwarded-For)"
    )
    province_header: str = Field(
        "",
        description="Header in which your proxy names the visitor's province (two-digit code); empty trusts none",
    )
    sms_channel: SmsChannel = Field(
        SmsChannel.CONSOLE, description="`console` prints messages; `http` posts them"
    )
    sms_url: str | None = Field(None, description="Address of the SMS gateway for `http`")
    sms_token: str | None = Field(None, description="Bearer token of the SMS gateway", repr=False)
    bank_bin: str = Field("970436", description="BIN of the bank that collects payments")
    bank_account: str = Field("", description="Account number that collects payments")
    bank_account_name: str = Field("", description="Name on that account, capital letters without marks")
    cached_pages: int = Field(
        2_000, ge=0, description="How many public pages a web process keeps; 0 builds each one anew"
    )
    lock_seconds: int = Field(
        3,
        ge=1,
        le=25,
        description="How many seconds a request waits for others before it says that many are at it",
    )
    payout_minimum: int = Field(
        50_000, ge=1, description="The least đồng that a producer is paid at once; less waits for more"
    )
    sepay_secret: str = Field(
        "", description="Secret that signs SePay webhooks; empty closes the webhook", repr=False
    )
    sepay_api_key: str = Field(
        "", description="SePay's `Authorization: Apikey` value, when it signs so", repr=False
    )
    casso_secret: str = Field(
        "", description="Checksum key that signs Casso webhooks; empty closes the webhook", repr=False
    )
    sepay_api_token: str = Field(
        "", description="Token of SePay's user API; empty reads no list from there", repr=False
    )
    sepay_api_url: str = Field("https://my.sepay.vn", description="Address of SePay's user API")
    casso_api_key: str = Field(
        "", description="Key of Casso's API; empty reads no list from there", repr=False
    )
    casso_api_url: str = Field("https://oauth.casso.vn", description="Address of Casso's API")
    payos_checksum_key: str = Field(
        "", description="Checksum key that signs payOS webhooks; empty closes the webhook", repr=False
    )
    stripe_secret_key: str = Field("", description="Stripe secret key; empty switches cards off", repr=False)
    stripe_webhook_secret: str = Field(
        "", description="Stripe webhook secret; empty closes the webhook", repr=False
    )
    stripe_api_url: str | None = Field(None, description="Another address for Stripe's API (a fake, a proxy)")

    vnpay_tmn_code: str = Field("", description="VNPAY's code of this shop; empty switches VNPAY off")
    vnpay_secret: str = Field("", description="VNPAY's hash secret; empty switches VNPAY off", repr=False)
    vnpay_page_url: str = Field(
        "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html", description="Address of VNPAY's pay page"
    )
    momo_partner_code: str = Field("", description="MoMo's code of this shop; empty switches MoMo off")
    momo_access_key: str = Field("", description="MoMo's access key", repr=False)
    momo_secret: str = Field("", description="MoMo's secret key; empty switches MoMo off", repr=False)
    momo_api_url: str = Field("https://test-payment.momo.vn", description="Address of MoMo's gateway")
    zalopay_app_id: int = Field(0, ge=0, description="ZaloPay's number of this shop; 0 switches ZaloPay off")
    zalopay_key1: str = Field("", description="ZaloPay's key that signs orders", repr=False)
    zalopay_key2: str = Field("", description="ZaloPay's key that signs callbacks", repr=False)
    zalopay_api_url: str = Field("https://sb-openapi.zalopay.vn", description="Address of ZaloPay's gateway")

    log_witnesses: str = Field(
        "", description="Keys of the witnesses whose lines the public log shows, divided by commas"
    )

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        """Production never starts on a default that would let a stranger in or lose money."""
        if self.env is not Environment.PRODUCTION:
            return self
        missing = [
            name
            for name, bad in (
                ("CHOPHIEN_DEMO (must be off)", self.demo),
                ("CHOPHIEN_SECRET_KEY (32 characters or more)", len(self.secret_key or "") < MIN_SECRET),
                ("CHOPHIEN_PUBLIC_URL (https)", not self.public_url.startswith("https://")),
                ("CHOPHIEN_SMS_CHANNEL (not console)", self.sms_channel is SmsChannel.CONSOLE),
                ("CHOPHIEN_BANK_ACCOUNT", not self.bank_account),
                ("CHOPHIEN_BANK_ACCOUNT_NAME", not self.bank_account_name),
                # At these addresses wallets are tried out: what is paid there is no money.
                (
                    "CHOPHIEN_VNPAY_PAGE_URL (not the sandbox)",
                    self._tries(self.vnpay_secret, "vnpay_page_url"),
                ),
                ("CHOPHIEN_MOMO_API_URL (not the sandbox)", self._tries(self.momo_secret, "momo_api_url")),
                (
                    "CHOPHIEN_ZALOPAY_API_URL (not the sandbox)",
                    self._tries(self.zalopay_key2, "zalopay_api_url"),
                ),
            )
            if bad
        ]
        if missing:
            raise ValueError("production needs: " + ", ".join(missing))
        return self

    def _tries(self, secret: str, url: str) -> bool:
        """Whether a wallet is switched on at the address where it is only tried out: the default."""
        return bool(secret) and getattr(self, url) == type(self).model_fields[url].default

    @property
    def is_secure(self) -> bool:
        """Whether visitors reach us over HTTPS (cookies are then `Secure`)."""
        return self.public_url.startswith("https://")

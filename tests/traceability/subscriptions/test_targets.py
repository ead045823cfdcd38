"""Addresses of receivers: none leads into our own network."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from traceability.subscriptions.targets import TargetError, is_public, locate, read_address


@pytest.mark.parametrize(
    "said",
    [
        "https://client.example/callback", "https://client.example:8443/a?b=c", "http://127.0.0.1:9/x",
        "http://localhost:9/x", "http://[::1]:9/x", "https://10.0.0.8/in-house",
    ],
)  # fmt: skip
def test_addresses_at_home(said: str) -> None:
    """In development https goes anywhere, and http to this machine itself."""
    assert str(read_address(said, is_strict=False)) == said


@pytest.mark.parametrize(
    "said",
    [
        None, 5, "", "x", "ftp://client.example/", "http://client.example/", "http://10.0.0.8/", "https://", "https:///x",
        "https://user:word@client.example/", "https://client.example/#part", "https://client.example/\n",
        "https://" + "a" * 2_000, "https://client.example:99999999/", "https://[::1/", "javascript:alert(1)", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(said: Any) -> None:
    """Other schemes, http to others, user names, fragments and what cannot be read."""
    with pytest.raises(TargetError):
        read_address(said, is_strict=False)


@pytest.mark.parametrize("said", ["http://127.0.0.1/", "http://localhost/", "http://client.example/"])
def test_production_speaks_https_alone(said: str) -> None:
    """Not even this machine is called by http."""
    with pytest.raises(TargetError):
        read_address(said, is_strict=True)


@pytest.mark.parametrize(
    "said",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "192.0.2.1", "::", "::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "2002:7f00:1::", "2002:c0a8:101::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2001:0:7f00:1::80ff:fffe", "2001:db8::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1", "fec0::1",
        "2a00:1450::5efe:7f00:1", "2a00:1450::200:5efe:a00:1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(said: str) -> None:
    """Private, link-local, shared, multicast and reserved ones, also wrapped in IPv6."""
    assert not is_public(said)


@pytest.mark.parametrize(
    "said", ["8.8.8.8", "203.119.36.106", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_that_are_public(said: str) -> None:
    """Everybody else's."""
    assert is_public(said)


@pytest.mark.parametrize(
    "said",
    [
        "https://127.0.0.1/", "https://localhost/", "https://127.1/", "https://2130706433/", "https://0x7f.1/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://169.254.169.254/latest/meta-data/", "https://0/",
        "https://nobody.invalid/",
    ],
)  # fmt: skip
async def test_production_never_calls_inside(said: str) -> None:
    """However it is spelled, and when it cannot be found at all."""
    with pytest.raises(TargetError):
        await locate(read_address(said, is_strict=True), is_strict=True)


def answer_with(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name lead to these addresses."""

    def look_up(*_args: Any, **_kwargs: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


async def test_the_judged_address_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name stands in Host and in TLS, the connection goes to the address that was looked at: no rebinding."""
    answer_with(monkeypatch, "8.8.4.4")
    target = await locate(httpx.URL("https://client.example:8443/a?b=c"), is_strict=True)
    assert str(target.url) == "https://8.8.4.4:8443/a?b=c"
    assert target.headers == {"Host": "client.example:8443"}
    assert target.extensions == {"sni_hostname": "client.example"}
    answer_with(monkeypatch, "2606:4700::1111")
    target = await locate(httpx.URL("https://client.example/"), is_strict=True)
    assert str(target.url) == "https://[2606:4700::1111]/" and target.headers == {"Host": "client.example"}


async def test_one_private_address_of_many_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a public and a private address is not called."""
    answer_with(monkeypatch, "8.8.4.4", "10.0.0.1")
    with pytest.raises(TargetError):
        await locate(httpx.URL("https://client.example/"), is_strict=True)

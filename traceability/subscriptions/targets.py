"""Where reports go: addresses of partners, none of which may lead back into our own network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

MOST_ADDRESS = 2_000
_LOOKUP_S = 5.0
_MOST_PORT = 65_535
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is given out of IPv6 (RFC 4291, 2.4): old and local forms, some with an IPv4 address inside, lie elsewhere."""
_ISATAP = {0x00005EFE, 0x02005EFE}
"""Before the IPv4 address in the last half of an address (RFC 5214, 6.1)."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TargetError(ValueError):
    """Nothing is sent to this address; the text says why."""


@dataclass(frozen=True)
class Target:
    """Where to connect. In strict mode `url` names the very address that was judged, not a name that may move."""

    url: httpx.URL
    headers: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)


def read_address(said: Any, *, is_strict: bool) -> httpx.URL:
    """Read `dest`: https, and http to this machine itself when not strict; raises `TargetError`. Nothing is looked up."""
    if not isinstance(said, str) or not 0 < len(said) <= MOST_ADDRESS or not said.isprintable():
        raise TargetError(f"dest: must be an address of at most {MOST_ADDRESS} characters")
    try:
        url = httpx.URL(said)
    except (httpx.InvalidURL, ValueError) as error:
        raise TargetError("dest: is no address") from error
    if not url.host or url.userinfo or url.fragment:
        raise TargetError("dest: must name a host, without a user and without a fragment")
    if not 0 < (url.port or 443) <= _MOST_PORT:
        raise TargetError("dest: there is no such port")
    if url.scheme != "https" and (is_strict or url.scheme != "http" or not _is_loopback(url.host)):
        raise TargetError("dest: must begin with https://")
    return url


async def locate(url: httpx.URL, *, is_strict: bool) -> Target:
    """Look up where an address leads; raises `TargetError`.

    In strict mode every address behind the name must be a public one, and the answer is pinned to the first of them:
    a name that points elsewhere a moment later changes nothing.
    """
    if not is_strict:
        return Target(url)
    name, port = url.raw_host.decode("ascii"), url.port or 443
    try:
        async with asyncio.timeout(_LOOKUP_S):
            found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise TargetError("dest: this host cannot be found") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not all(is_public(address) for address in addresses):
        raise TargetError("dest: leads to an address that is not public")
    host = url.netloc.decode("ascii")
    return Target(url.copy_with(host=addresses[0]), {"Host": host}, {"sni_hostname": name})


def is_public(said: str) -> bool:
    """Whether an address, and every address wrapped in it (mapped, 6to4, Teredo, ISATAP, NAT64), lies in the public network."""
    return all(
        one.is_global and not one.is_multicast and _is_given_out(one)
        for one in _unwrap(ipaddress.ip_address(said.partition("%")[0]))
    )


def _is_given_out(address: Address) -> bool:
    return address.version == 4 or address in _GLOBAL_UNICAST or address in _NAT64  # noqa: PLR2004 - IPv4


def _unwrap(address: Address) -> Iterator[Address]:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            yield address.ipv4_mapped
            return
        if address.sixtofour is not None:
            yield address.sixtofour
        if address.teredo is not None:
            yield from address.teredo
        if int(address) >> 32 & 0xFFFFFFFF in _ISATAP or address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    yield address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Where we may connect to: the guard against a platform address that leads into our own network.

Knows sockets and addresses; knows no platform. A name is resolved once, every address that it has is checked, and the
connection goes to a checked address: a second look-up cannot answer differently (DNS rebinding), and a decimal, mapped
or tunnelled spelling of a private address is judged by what it means.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from connectors.errors import Misconfigured
from connectors.http.timely import TimelyResponse

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses may be reached: public ones, and what was named."""

    allow_private: bool = False
    allowed: frozenset[str] = frozenset()  # "host:port" that may be private: the sandbox that we started

    def check(self, host: str, port: int | None, address: str) -> None:
        """Raises Misconfigured where ``host`` means an address that is not public and was not named."""
        if self.allow_private or f"{host}:{port}" in self.allowed or is_public(address):
            return
        raise Misconfigured(
            f"{host} leads to a private address. Outgoing calls go to public addresses only;"
            " set ADAPTER_ALLOW_PRIVATE_ADDRESSES if this is your own test server."
        )


def is_public(address: str) -> bool:
    """Whether an address belongs to somebody on the internet."""
    found = _meant(ip_address(address))
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one that only carries it."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    tunnelled = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or tunnelled or address


def pool_classes(policy: Policy) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3 connection pools, by scheme, whose connections obey the policy, and wait for no head for ever."""

    class Plain(HTTPConnection):
        response_class = TimelyResponse

        def _new_conn(self) -> socket.socket:
            return _connect(self, super()._new_conn, policy)

    class Secure(HTTPSConnection):
        response_class = TimelyResponse

        def _new_conn(self) -> socket.socket:
            return _connect(self, super()._new_conn, policy)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _connect(connection: HTTPConnection, dial: Callable[[], socket.socket], policy: Policy) -> socket.socket:
    name = connection.host
    addresses = _resolve(connection)
    for address in addresses:
        policy.check(name.strip("[]"), connection.port, address)
    failure: Exception | None = None
    for address in addresses:
        connection.host = address
        try:
            return dial()
        except (NewConnectionError, ConnectTimeoutError) as error:
            failure = error
        finally:
            connection.host = name  # TLS is checked against the name
    raise failure or NewConnectionError(connection, f"{name} has no address")


def _resolve(connection: HTTPConnection) -> list[str]:
    host = connection.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
        raise NameResolutionError(host, connection, reason) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))

"""The address guard: what an address means counts, at the moment of connecting, on the address that was checked."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from connectors.errors import Misconfigured, TryAgain
from connectors.http.guard import Policy, is_public
from tests.fixtures.doors import Wire, reply

Wires = Callable[..., Wire]

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # cloud metadata
    "100.64.0.1",  # carrier's own
    "0.0.0.0",  # noqa: S104
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",  # NAT64
    "2002:7f00:1::",  # 6to4
    "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo, for 127.0.0.1
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_our_own_network_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


def test_what_was_named_may_be_private_and_only_on_its_port() -> None:
    policy = Policy(allowed=frozenset({"127.0.0.1:5001"}))
    policy.check("127.0.0.1", 5001, "127.0.0.1")
    with pytest.raises(Misconfigured):
        policy.check("127.0.0.1", 5002, "127.0.0.1")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_no_spelling_of_loopback_gets_through(wire: Wires, host: str) -> None:
    made = wire(f"http://{host}:9/v6", allow_private=False)
    with pytest.raises((Misconfigured, TryAgain)) as caught:
        made.door.get("/site/sites")
    assert "private address" in str(caught.value) or "can't be used" in str(caught.value)


def test_the_sandbox_that_we_started_is_reached(wire: Wires, loopback: Any) -> None:
    url = loopback(lambda handler: reply(handler, b'{"ok": true}'))
    made = wire(url, allow_private=False, allowed=frozenset({url.removeprefix("http://")}))
    assert made.door.get("/x") == {"ok": True}


def answers(monkeypatch: pytest.MonkeyPatch, *given: list[str]) -> list[str]:
    """Let a name's look-ups answer one after the other; tells which names were looked up."""
    asked: list[str] = []
    real, left = socket.getaddrinfo, list(given)

    def look_up(host: str, port: int, *rest: Any, **kw: Any) -> Any:
        if host != "platform.example":
            return real(host, port, *rest, **kw)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in left.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_that_leads_inside_is_refused(wire: Wires, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ["169.254.169.254"])
    with pytest.raises(Misconfigured, match="private address"):
        wire(allow_private=False).door.get("/site/sites")


def test_one_private_address_among_public_ones_is_enough(wire: Wires, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(Misconfigured, match="private address"):
        wire(allow_private=False).door.get("/site/sites")


def test_the_name_is_looked_up_once_and_the_checked_address_is_dialled(
    wire: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answers(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    dialled: list[str] = []

    def connect(self: socket.socket, where: tuple[str, int]) -> None:
        dialled.append(where[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(TryAgain):
        wire(allow_private=False).door.send("POST", "/x", {})
    assert asked == ["platform.example"]
    assert dialled == ["93.184.216.34"]


def test_a_name_that_does_not_exist_is_a_passing_fault(wire: Wires, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: Any, **__: Any) -> Any:
        raise socket.gaierror("nobody knows it")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(TryAgain):
        wire(allow_private=False).door.get("/site/sites")

"""The web server's limits, on real sockets: what is too large, what drips, what comes in pieces."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from waitress.trigger import trigger

from adapter.context import Context
from sync.commands import listening
from sync.commands.serve import served_web
from tests.adapter.web.test_webhooks import SHARED, message, signed


@pytest.fixture
def port(ctx: Context) -> Iterator[int]:
    """The service at work, believing what is signed with the secret in its settings."""
    ctx.config = replace(ctx.config, platforms={"sandbox": {"WEBHOOK_SECRET": SHARED}})
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        free = int(one.getsockname()[1])
    with served_web(ctx, "127.0.0.1", free):
        yield free


def opened(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def head(length: str, number: str = "m1") -> bytes:
    headers = signed(message(site="4711", number=number)) | {"Host": "x", "Connection": "close"}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(["POST /webhooks/sandbox HTTP/1.1", *lines, length, "", ""]).encode()


def status(answering: socket.socket) -> int:
    return int(answering.recv(4096).split(b" ")[1])


def test_a_body_that_is_said_to_be_huge_is_refused_before_it_comes(port: int) -> None:
    with opened(port) as sender:
        sender.sendall(head(f"Content-Length: {10**9}") + b"x" * 10_000)
        assert status(sender) == 413


def test_a_body_in_pieces_without_a_length_is_taken(port: int) -> None:
    body = message(site="4711")
    with opened(port) as sender:
        sender.sendall(head("Transfer-Encoding: chunked"))
        for piece in (body[:50], body[50:], b""):
            sender.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        assert status(sender) == 202


def test_who_drips_is_cut_off_and_nobody_waits_for_them(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drips = [opened(port) for _ in range(listening.THREADS + 2)]
    for drip in drips:
        drip.sendall(head("Content-Length: 5000")[:60])
    body = message(site="4711", number="m2")
    with opened(port) as sender:
        sender.sendall(head(f"Content-Length: {len(body)}", "m2") + body)
        assert status(sender) == 202
    monkeypatch.setattr(listening, "WHOLE_REQUEST", 0.0)
    for drip in drips:
        with drip:
            drip.sendall(b"a")
            assert drip.recv(10) == b""


def test_it_is_ended_while_it_is_being_woken(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    wake = trigger.pull_trigger

    def late(pulled: trigger, *called: Callable[[], object]) -> None:
        wake(pulled, *called)
        for web in (thread for thread in threading.enumerate() if thread.name == "web"):
            web.join(timeout=10)
        wake(pulled)

    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        free = int(one.getsockname()[1])
    with served_web(ctx, "127.0.0.1", free):
        monkeypatch.setattr(trigger, "pull_trigger", late)
    with pytest.raises(ConnectionRefusedError):
        opened(free)

"""The door over real HTTP and over laid-down answers: retries, tokens, the meter, bounds, and what it never does."""

from __future__ import annotations

import gzip
import threading
import time
import tracemalloc
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import requests
import responses
import structlog

from connectors.errors import Misconfigured, Reconnect, Rejected, TryAgain
from tests.fixtures.doors import FAR, Wire, reply

Wires = Callable[..., Wire]
Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


@responses.activate
def test_a_read_carries_our_key_the_token_and_the_parameters(wire: Wires) -> None:
    responses.get(f"{FAR}/class/classes", json={"Classes": []})
    made = wire()
    assert made.door.get("/class/classes", {"request.classIds": ["1", "2"]}) == {"Classes": []}
    sent = responses.calls[0].request
    assert sent.headers["Authorization"] == "Bearer token-1"
    assert sent.headers["API-Key"] == "key-of-the-tests"
    assert sent.headers["Accept"] == "application/json"
    assert sent.url == f"{FAR}/class/classes?request.classIds=1&request.classIds=2"
    assert made.calls == [("GET /class/classes", 200)]


@responses.activate
def test_a_read_is_tried_again_on_passing_faults_and_every_attempt_is_metered(wire: Wires) -> None:
    responses.get(f"{FAR}/sale/sales", status=503)
    responses.get(f"{FAR}/sale/sales", status=429, headers={"Retry-After": "0"})
    responses.get(f"{FAR}/sale/sales", json={"Sales": []})
    made = wire()
    assert made.door.get("/sale/sales") == {"Sales": []}
    assert made.calls == [("GET /sale/sales", 503), ("GET /sale/sales", 429), ("GET /sale/sales", 200)]


@responses.activate
def test_a_read_gives_up_after_four_attempts(wire: Wires) -> None:
    responses.get(f"{FAR}/sale/sales", status=500)
    made = wire()
    with pytest.raises(TryAgain) as caught:
        made.door.get("/sale/sales")
    assert len(responses.calls) == 4 == len(made.calls)
    assert not caught.value.unknown


@responses.activate
@pytest.mark.parametrize("wish", ["120", "1000000000", "9" * 5000])
def test_a_wish_for_a_long_wait_goes_back_to_the_caller_at_once(wire: Wires, wish: str) -> None:
    responses.get(f"{FAR}/sale/sales", status=429, headers={"Retry-After": wish})
    with pytest.raises(TryAgain) as caught:
        wire().door.get("/sale/sales")
    assert caught.value.after in (120.0, 86_400.0, None)
    if wish != "9" * 5000:
        assert len(responses.calls) == 1


@responses.activate
def test_a_wish_that_cannot_be_read_is_as_good_as_none(wire: Wires) -> None:
    responses.get(f"{FAR}/sale/sales", status=429, headers={"Retry-After": "soon, please"})
    with pytest.raises(TryAgain) as caught:
        wire().door.get("/sale/sales")
    assert caught.value.after is None


@responses.activate
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_write_is_sent_once(wire: Wires, status: int) -> None:
    responses.post(f"{FAR}/class/updateclassschedule", status=status)
    with pytest.raises(TryAgain) as caught:
        wire().door.send("POST", "/class/updateclassschedule", {"ClassId": 1})
    assert len(responses.calls) == 1
    assert caught.value.unknown is (status >= 500)


@responses.activate
def test_a_write_that_ran_out_of_time_may_have_been_carried_out(wire: Wires) -> None:
    responses.put(f"{FAR}/channel/offers/7", body=requests.ReadTimeout())
    made = wire()
    with pytest.raises(TryAgain) as caught:
        made.door.send("PUT", "/channel/offers/7", {}, key="k-1")
    assert caught.value.unknown
    assert made.calls == [("PUT /channel/offers/{id}", None)]
    assert responses.calls[0].request.headers["Idempotency-Key"] == "k-1"


def test_a_write_that_never_left_is_not_unknown(wire: Wires, loopback: Serve) -> None:
    url = loopback(lambda handler: None)
    port = int(url.rpartition(":")[2])
    closed = f"http://127.0.0.1:{port + 1 if port < 65000 else port - 1}"
    with pytest.raises(TryAgain) as caught:
        wire(closed).door.send("POST", "/x", {})
    assert not caught.value.unknown


@responses.activate
def test_after_a_401_the_same_call_is_made_once_with_a_fresh_token(wire: Wires) -> None:
    responses.get(f"{FAR}/site/sites", status=401, json={"Error": {"Code": "DeniedAccess", "Message": "Access denied"}})
    responses.get(f"{FAR}/site/sites", json={"Sites": []})
    made = wire(tokens=["old", "new"])
    made.door.get("/site/sites")
    assert [call.request.headers["Authorization"] for call in responses.calls] == ["Bearer old", "Bearer new"]
    assert made.asked == [False, True]


@responses.activate
def test_a_platform_that_always_says_401_is_asked_twice_and_no_more(wire: Wires) -> None:
    responses.get(f"{FAR}/site/sites", status=401, json={"Error": {"Code": "DeniedAccess", "Message": "Access denied"}})
    with pytest.raises(Reconnect):
        wire(tokens=["old", "new"]).door.get("/site/sites")
    assert len(responses.calls) == 2


@responses.activate
def test_without_a_token_none_is_sent_and_none_is_asked_for_twice(wire: Wires) -> None:
    responses.post(f"{FAR}/usertoken/issue", status=401, json={"Error": {"Code": "X", "Message": "no"}})
    made = wire(tokens=[None])
    with pytest.raises(Reconnect):
        made.door.send("POST", "/usertoken/issue", {})
    assert "Authorization" not in responses.calls[0].request.headers
    assert made.asked == [False]


@responses.activate
def test_a_refusal_keeps_the_platforms_words_and_code(wire: Wires) -> None:
    refusal = {"Error": {"Message": "Class 5 does not exist.", "Code": "InvalidClassId"}}
    responses.get(f"{FAR}/class/classvisits", status=404, json=refusal)
    with pytest.raises(Rejected, match=r"GET /class/classvisits: Class 5 does not exist") as caught:
        wire().door.get("/class/classvisits")
    assert (caught.value.code, caught.value.status) == ("InvalidClassId", 404)


def test_a_redirect_is_not_followed_and_the_token_goes_nowhere(wire: Wires, loopback: Serve) -> None:
    elsewhere: list[str] = []
    other = loopback(lambda handler: elsewhere.append(handler.path))
    first = loopback(lambda handler: reply(handler, b"", status=302, Location=f"{other}/steal"))
    with pytest.raises(Misconfigured, match="redirect"):
        wire(first).door.get("/site/sites")
    assert elsewhere == []


@pytest.mark.parametrize("secret", ["se\ncret", "secret\u200b"])
def test_what_no_header_can_hold_is_named_and_not_shown(wire: Wires, loopback: Serve, secret: str) -> None:
    url = loopback(lambda handler: reply(handler, b"{}"))
    for given in ({"headers": {"API-Key": secret}}, {"tokens": [secret]}):
        with pytest.raises(Misconfigured, match=r"^The header (API-Key|Authorization) can't be sent") as caught:
            wire(url, **given).door.get("/site/sites")
        assert "cret" not in str(caught.value)
        assert caught.value.__context__ is None, "what is below us would quote it"


@pytest.mark.parametrize("location", ["http://[broken", "/caf\xe9", "//", "http://evil.example:port/"])
def test_a_redirect_that_leads_nowhere_is_a_redirect_all_the_same(wire: Wires, loopback: Serve, location: str) -> None:
    first = loopback(lambda handler: reply(handler, b"", status=302, Location=location))
    with pytest.raises(Misconfigured, match="redirect"):
        wire(first).door.get("/site/sites")


@pytest.mark.parametrize("status", [200, 302])
def test_a_gzip_bomb_is_stopped_while_it_unfolds(
    wire: Wires, loopback: Serve, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr("connectors.http.door.LARGEST_BODY", 2**20)
    bomb = gzip.compress(b'["' + b"a" * 2**27 + b'"]')
    headers = {"Content_Encoding": "gzip", "Location": "/elsewhere"}
    url = loopback(lambda handler: reply(handler, bomb, status=status, **headers))
    made = wire(url)
    tracemalloc.start()
    with pytest.raises(TryAgain, match="larger than 1 MB"):
        made.door.get("/site/sites")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**25


def test_an_endless_body_without_a_length_is_cut(wire: Wires, loopback: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.http.door.LARGEST_BODY", 2**18)

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(2**10):
                handler.wfile.write(b"[" * 2**12)
        except OSError:
            return

    with pytest.raises(TryAgain, match="larger than"):
        wire(loopback(endless)).door.get("/site/sites")


def test_a_body_that_drips_is_left_after_a_while(wire: Wires, loopback: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.http.door.WHOLE_TIMEOUT", 0.05)
    left = threading.Event()

    def drips(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        reply(handler, b"[", content_length="500")
        for _ in range(499):
            if left.wait(0.01):
                return
            handler.wfile.write(b" ")

    door = wire(loopback(drips)).door
    began = time.monotonic()
    with pytest.raises(TryAgain, match="took longer"):
        door.get("/site/sites")
    left.set()
    assert time.monotonic() - began < 2


def test_a_head_that_drips_is_left_after_a_while_and_not_asked_for_again(
    wire: Wires, loopback: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.http.timely.HEAD_TIMEOUT", 0.05)
    left, asked = threading.Event(), []

    def drips(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        asked.append(handler.path)
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(100):
            if left.wait(0.01):
                return
            handler.wfile.write(b"x")
        handler.wfile.write(b"\r\nContent-Length: 2\r\n\r\n{}")

    made = wire(loopback(drips))
    with pytest.raises(TryAgain, match="no answer in time"):
        made.door.get("/site/sites")
    left.set()
    assert (asked, made.calls) == (["/site/sites"], [("GET /site/sites", None)])


def test_a_body_that_breaks_off_is_tried_again_later(wire: Wires, loopback: Serve) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        reply(handler, b'{"Sites": [', content_length="500")

    made = wire(loopback(half))
    with pytest.raises(TryAgain, match="broke off"):
        made.door.get("/site/sites")
    assert made.calls[-1] == ("GET /site/sites", 200)


def test_bytes_that_are_not_what_their_encoding_says_are_a_passing_fault(wire: Wires, loopback: Serve) -> None:
    url = loopback(lambda handler: reply(handler, b"not gzip at all", Content_Encoding="gzip"))
    with pytest.raises(TryAgain):
        wire(url).door.get("/site/sites")


def test_the_environment_gives_no_proxy_and_no_password(
    wire: Wires, loopback: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    seen: list[str | None] = []

    def note(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers.get("Authorization"))
        reply(handler, b"{}")

    wire(loopback(note), tokens=[None]).door.get("/x")
    assert seen == [None]


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "x", "@evil.example", "/../admin", "/a\r\nHost: b", "/a?b=c", "/a#b", ""]
)
def test_a_path_leads_nowhere_but_to_the_platform(wire: Wires, path: str) -> None:
    with pytest.raises(Misconfigured):
        wire().door.get(path)


@pytest.mark.parametrize(
    "url", ["ftp://a.example", "https://", "https://me:pw@a.example", "file:///etc/passwd", "", "https://a.example?x=1"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(wire: Wires, url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        wire(url)
    assert "pw" not in str(caught.value)


@responses.activate
def test_nothing_secret_stands_in_an_error(wire: Wires) -> None:
    words = "token-secret-1 of jo@studio.example is bad, Bearer abc.def, key key-of-the-tests"
    responses.get(f"{FAR}/client/clients", status=400, json={"Error": {"Message": words, "Code": "Bad"}})
    with pytest.raises(Rejected) as caught:
        wire(tokens=["token-secret-1"]).door.get("/client/clients", {"request.searchText": "jo@studio.example"})
    told = str(caught.value)
    for secret in ("token-secret-1", "jo@studio", "abc.def", "key-of-the-tests", "searchText"):
        assert secret not in told


@responses.activate
def test_a_connection_that_fails_tells_no_address_and_no_query(wire: Wires) -> None:
    responses.get(f"{FAR}/client/clients", body=requests.ConnectionError(f"{FAR}/client/clients?q=jo@studio.example"))
    with pytest.raises(TryAgain) as caught:
        wire().door.get("/client/clients")
    assert "jo@" not in str(caught.value)
    assert "platform.example" not in str(caught.value)


@responses.activate
def test_a_log_line_tells_the_call_its_end_and_its_time_and_nothing_of_anybody(
    wire: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture, everything = structlog.testing.LogCapture(), structlog.make_filtering_bound_logger(0)
    monkeypatch.setattr("connectors.http.door.log", structlog.wrap_logger(None, [capture], everything))
    responses.get(f"{FAR}/client/clients/5", json={"Email": "jo@studio.example"})
    wire().door.get("/client/clients/5", {"request.searchText": "jo@studio.example"})
    (line,) = capture.entries
    assert line.pop("seconds") >= 0
    assert line == {"call": "GET /client/clients/{id}", "status": 200, "event": "platform.call", "log_level": "debug"}

"""One place where a status and a body become a value or an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors import registry
from connectors.errors import ConnectorError, Misconfigured, Reconnect, Rejected, TryAgain
from connectors.http.answers import Call, quoted, read_answer, retry_after
from connectors.showing import scrub

CODES = registry.get("mindbody").codes
READ = Call("GET /class/classes", codes=CODES)
WRITE = Call("PUT /channel/offers/{id}", writes=True, codes=CODES)
JSON = {"Content-Type": "application/json; charset=utf-8"}


def failed(status: int, body: Any, call: Call = READ, headers: dict[str, str] = JSON) -> ConnectorError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(ConnectorError) as caught:
        read_answer(call, status, headers, raw)
    assert call.name in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"Error": {"Message": "No such class.", "Code": "InvalidClassId"}}, Rejected),
        (401, {"Error": {"Message": "Access denied", "Code": "DeniedAccess"}}, Reconnect),
        (401, b"", Reconnect),
        (403, {"Error": {"Message": "Access denied", "Code": "DeniedAccess"}}, Reconnect),
        (403, {"Error": {"Message": "No right to see sales.", "Code": "InvalidUserAccessLevel"}}, Rejected),
        (401, {"Error": {"Message": "An API-Key header was expected.", "Code": "DeniedAccess"}}, Misconfigured),
        (401, {"errors": [{"errorType": "missingAPIKeyHeader", "errorMessage": "expected"}]}, Misconfigured),
        (400, {"Error": {"Message": "Bad source", "Code": "InvalidSourceCredentials"}}, Misconfigured),
        (404, b"<html>nothing here</html>", Rejected),
        (409, {"Error": {"Message": "Older than what is held.", "Code": "StaleSequence"}}, Rejected),
        (408, b"", TryAgain),
        (425, b"", TryAgain),
        (429, {"Error": {"Message": "Slow down", "Code": "TooManyRequests"}}, TryAgain),
        (500, {"Message": "An error has occurred."}, TryAgain),
        (502, b"<html>Bad gateway</html>", TryAgain),
        (503, b"", TryAgain),
        (301, b"", Misconfigured),
        (307, b"", Misconfigured),
        (200, {"Error": {"Message": "No such class.", "Code": "InvalidClassId"}}, Rejected),
        (200, {"Error": {"Message": "Access denied", "Code": "DeniedAccess"}}, Reconnect),
        (200, {"Error": {"Message": "Slow down", "Code": "TooManyRequests"}}, TryAgain),
        (200, {"Error": {"Message": "Maintenance", "Code": "SQLDBMaintenance"}}, TryAgain),
        (200, {"error": "invalid_request", "error_description": "which site?"}, Rejected),
        (200, {"Message": "An error has occurred."}, TryAgain),
        (200, b"<!doctype html><title>Sign in</title>", TryAgain),
        (200, b'{"Classes": [', TryAgain),
        (200, b"\xef\xbb\xbf{}", TryAgain),
    ],
)
def test_each_answer_has_its_one_meaning(status: int, body: Any, kind: type[ConnectorError]) -> None:
    assert type(failed(status, body)) is kind


@pytest.mark.parametrize(
    ("content_type", "reads"),
    [
        ("application/json", True),
        ("application/JSON;charset=UTF-8", True),
        ("application/problem+json", True),
        ("text/html", False),
        ("", False),
        ("application/json, text/html", False),
        ("application/json; charset=iso-8859-1", False),
        ("application/json; charset=utf-16", False),
        ("text/html; note=application/json", False),
    ],
)
def test_an_answer_is_what_its_type_says_or_it_is_none(content_type: str, reads: bool) -> None:
    headers = {"Content-Type": content_type}
    if reads:
        assert read_answer(READ, 200, headers, b"{}") == {}
    else:
        assert isinstance(failed(200, b"{}", headers=headers), TryAgain)


def test_a_success_without_a_body_is_nothing() -> None:
    assert read_answer(WRITE, 204, {}, b"") is None


def test_a_message_beside_other_keys_is_an_ordinary_answer() -> None:
    body = {"message": "Subscription deactivated successfully.", "subscriptionId": "5"}
    assert read_answer(WRITE, 200, JSON, json.dumps(body).encode()) == body


@pytest.mark.parametrize(
    ("status", "body", "unknown"),
    [(500, b"", True), (503, b"", True), (429, b"", False), (200, b"<html>", True), (200, {"Message": "oops"}, True)],
)
def test_a_write_may_have_been_carried_out_where_the_answer_does_not_say(status: int, body: Any, unknown: bool) -> None:
    error = failed(status, body, WRITE)
    assert isinstance(error, TryAgain)
    assert error.unknown is unknown


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "17"}, 17.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "1000000000"}, 86_400.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 02 Mar 2026 12:01:30 GMT", "Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, 90.0),
        ({"Retry-After": "Mon, 02 Mar 2026 11:00:00 GMT", "Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, 0.0),
        ({"Retry-After": "Mon, 02 Mar 2026 12:01:30 GMT"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
    error = failed(429, b"", headers={**JSON, **headers})
    assert isinstance(error, TryAgain)
    assert error.after == seconds


@pytest.mark.parametrize(
    "text",
    [
        "jo@studio.example",
        "mailto:jo.o'neil+x@studio.example!",
        "Bearer abcdef",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6.eyJzdWIi.c2lnbmF0dXJl",
        "k" * 20 + "1" * 20,
    ],
)
def test_addresses_and_tokens_are_never_shown(text: str) -> None:
    shown = scrub(f"Client {text} was refused")
    assert shown.startswith("Client ")
    assert "•••" in shown
    for part in ("studio.example", "abcdef", "eyJ", "kkkk"):
        assert part not in shown


def test_what_is_shown_is_one_short_line() -> None:
    shown = scrub("a\r\nFAKE LINE\x1b[31m\u202e" + "word " * 1000)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert len(shown) <= 301


def test_ordinary_words_are_left_as_they_are() -> None:
    words = "Class 95877 at 18:00 is full (12 of 12): try 2026-03-02, Größe ½."
    assert scrub(words) == words


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"errors": {"spot": ["This spot is already taken."]}}, "spot", "spot: This spot is already taken (422 spot)"),
        ({"errors": {"a": ["One.", "Two."], "b": "Three"}}, "a", "a: One. Two.; b: Three"),
        ({"errors": [{"code": "taken", "title": "Taken", "detail": "By another."}]}, "taken", "By another"),
        ({"errors": [{"title": "Taken"}]}, None, "Taken"),
        ({"data": None, "errors": [{"message": "no such field"}]}, None, "no such field"),
        ({"errors": {}}, None, "no reason given"),
        ({"errors": []}, None, "no reason given"),
    ],
)
def test_several_errors_are_told_by_their_first_code(body: Any, code: str | None, words: str) -> None:
    error = failed(422, body)
    assert isinstance(error, Rejected)
    assert (error.code, error.status) == (code, 422)
    assert words in str(error)


def test_a_code_that_means_something_at_one_platform_means_nothing_at_another() -> None:
    body = {"Error": {"Message": "No.", "Code": "DeniedAccess"}}
    assert type(failed(403, body)) is Reconnect
    assert type(failed(403, body, Call("GET /class/classes"))) is Rejected


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (
            {"Error": {"Code": "SiteClosed", "Message": "Closed (for good)."}},
            403,
            "“Closed (for good)” (403 SiteClosed).",
        ),
        ({"message": "Out of order"}, 200, "“Out of order” (200)."),
        ({"message": "no reason given at all"}, 500, "“no reason given at all” (500)."),
        ({"Error": {"Code": "Overloaded"}}, 503, "no reason given (503 Overloaded)."),
        (["<html>"], 502, "no reason given (502)."),
        ({"message": "Bad API key"}, 401, "“Bad API key” (401). The platform refuses our own key."),
    ],
)
def test_the_platforms_own_words_alone_are_quoted(body: Any, status: int, words: str) -> None:
    assert quoted(str(failed(status, body))) == f"{READ.name}: {words}"


@pytest.mark.parametrize("ours", ["GET /classes: no answer in time.", "The grant was withdrawn (401).", "(500).", ""])
def test_what_is_ours_is_not_quoted(ours: str) -> None:
    assert quoted(ours) == ours

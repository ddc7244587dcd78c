"""What an HTTP answer means: a value, or the one error that tells the caller what to do next.

Knows statuses, error bodies in the shapes that platforms use, and what must not be shown. Knows no sockets.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors import strict_json
from connectors.errors import ConnectorError, Misconfigured, Reconnect, Rejected, TryAgain
from connectors.platform import NO_CODES, Codes
from connectors.showing import scrub

LONGEST_AFTER = 86_400.0  # seconds; a platform that asks for more is asked again after a day
_PASSING_STATUSES = frozenset({408, 425, 429})
_ANYWHERE = Codes(
    passing=frozenset({"toomanyrequests", "ratelimitexceeded", "serviceunavailable"}),
    ended=frozenset({"invalidtoken", "tokenexpired", "accessrevoked"}),
    ours=frozenset({"invalidapikey"}),
)
"""Codes that mean the same wherever they are used; a platform's own are in its declaration."""
_OUR_KEY = re.compile(r"\bapi[-_ ]?key\b", re.IGNORECASE)
_SILENT = "no reason given"
_TOLD = re.compile(rf"([A-Z]+ /\S*: )(?!{_SILENT} \()(.+)( \(\d{{3}}(?: .*)?\)\.)")  # what ``_told`` makes


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error body says."""

    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """The request that an answer belongs to, as it may be shown: no host, no query, no record ids."""

    name: str  # "GET /class/classvisits"
    writes: bool = False
    secrets: Collection[str] = ()  # sent with it; never shown, even if the platform repeats them
    codes: Codes = NO_CODES  # the platform's own


def read_answer(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """The JSON value of an answer; None where a success has no body. Raises what ``error_of`` names."""
    if not 200 <= status < 300:
        raise error_of(call, status, _problem_in(body), after=retry_after(headers))
    if not body:
        return None
    value = _parsed(call, headers, body)
    if problem := problem_of(value):
        raise error_of(call, status, problem)
    return value


def error_of(call: Call, status: int, problem: Problem, *, after: float | None = None) -> ConnectorError:
    """The one place where a status and an error body become an error."""
    code = re.sub(r"[^a-z]", "", (problem.code or "").lower())
    text = _told(call, status, problem)
    if 300 <= status < 400:
        return Misconfigured(f"{text} It answered with a redirect, which is never followed: check the address.")
    if code in _ANYWHERE.ours | call.codes.ours or (status in (401, 403) and _OUR_KEY.search(problem.message or "")):
        return Misconfigured(f"{text} The platform refuses our own key.")
    if status in _PASSING_STATUSES or status >= 500 or code in _ANYWHERE.passing | call.codes.passing:
        return TryAgain(text, after=after, unknown=call.writes and status >= 500)
    if status == 401 or code in _ANYWHERE.ended | call.codes.ended:
        return Reconnect(text)
    if status < 300 and problem.code is None:
        return TryAgain(text, unknown=call.writes)  # a bare message under 200: an internal failure
    return Rejected(text, code=problem.code, status=status)


def problem_of(value: Any) -> Problem | None:
    """The error that a body speaks of, whatever its status says; None where it is an ordinary body."""
    if not isinstance(value, dict):
        return None
    lowered = {key.lower(): inner for key, inner in value.items()}
    error = lowered.get("error")
    if isinstance(error, dict):
        inner = {key.lower(): part for key, part in error.items()}
        return Problem(_text(inner.get("code")), _text(inner.get("message")))
    if isinstance(error, str) and error:
        return Problem(error, _text(lowered.get("error_description")) or error)
    if "errors" in lowered and (found := _first_of(lowered["errors"])):
        return found
    if set(lowered) == {"message"}:
        return Problem(None, _text(lowered["message"]))
    return None


def _first_of(errors: Any) -> Problem | None:
    """The first of several: in a list (JSON:API, GraphQL and others), or in a map from field to what is wrong."""
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        one = errors[0]
        words = one.get("detail") or one.get("title") or one.get("errorMessage") or one.get("message")
        return Problem(_text(one.get("code") or one.get("errorType")), _text(words))
    if isinstance(errors, dict) and errors:
        lines = [(name, said if isinstance(said, list) else [said]) for name, said in errors.items()]
        told = "; ".join(f"{name}: {' '.join(map(str, said))}" for name, said in lines)
        return Problem(str(lines[0][0]), told)
    return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the platform asks us to wait; a date is read against the answer's own Date, not our clock."""
    given = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,12}", given):
        return min(float(given), LONGEST_AFTER)
    try:
        wait = parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("Date") or "")
    except (TypeError, ValueError):
        return None
    return min(max(wait.total_seconds(), 0.0), LONGEST_AFTER)


def clock_ahead(headers: Mapping[str, str], wall: datetime) -> timedelta | None:
    """How far the platform's clock is ahead of ours, to the second; None where it tells no time, or a kept one."""
    try:
        return None if "Age" in headers else parsedate_to_datetime(headers.get("Date") or "") - wall
    except (TypeError, ValueError):
        return None


def _parsed(call: Call, headers: Mapping[str, str], body: bytes) -> Any:
    kind, _, parameters = (headers.get("Content-Type") or "").partition(";")
    kind = kind.strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters.lower())
    try:
        if kind != "application/json" and not re.fullmatch(r"application/[\w.-]+\+json", kind):
            raise strict_json.NotJson(f"{scrub(kind) or 'something unnamed'} instead of JSON")
        if charset and charset[1] not in ("utf-8", "utf8", "us-ascii"):
            raise strict_json.NotJson(f"in the charset {scrub(charset[1])} instead of UTF-8")
        return strict_json.loads(body)
    except strict_json.NotJson as error:
        raise TryAgain(f"{call.name}: the answer can't be read: {error}.", unknown=call.writes) from error


def _problem_in(body: bytes) -> Problem:
    try:
        return problem_of(strict_json.loads(body)) or Problem()
    except strict_json.NotJson:
        return Problem()  # an error page: its status says all that we can use


def _told(call: Call, status: int, problem: Problem) -> str:
    words = scrub(problem.message or _SILENT, call.secrets)
    code = f" {scrub(problem.code, call.secrets)}" if problem.code else ""
    return f"{call.name}: {words.rstrip('.')} ({status}{code})."


def quoted(text: str) -> str:
    """An error's text with the platform's own words, where there are any, in quotation marks: the rest is ours."""
    return _TOLD.sub(r"\1“\2”\3", text, count=1)


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int)) and value != "" else None

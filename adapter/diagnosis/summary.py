"""What may be sent to the customer: what was wrong, since when, what was done, what is right again. Pure.

It is put together from sentences that stand here, instants and counts: no word of a platform, a person or a colleague
gets in, no name, no amount. So nothing of another studio, no address and no floor can be in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapter.diagnosis.cause import Diagnosis
from adapter.diagnosis.facts import Facts
from adapter.diagnosis.steps import Cause, Finding, Verdict
from adapter.store.tables.alerts import AlertKind
from adapter.store.tables.runs import RunKind

OURS = "We are on it; there is nothing for you to do."
AGAIN = "It is tried again by itself."
GOES_ON = "It goes on by itself."

CAUSES: Mapping[Cause, tuple[str, str]] = {
    Cause.DISCONNECTED: ("your connection has been ended by your studio", "Connect again whenever you like."),
    Cause.TOKEN_ENDED: (
        "your booking system no longer lets us in",
        "Please open Connections and choose Connect again.",
    ),
    Cause.TOKEN_SHUT: ("a fault on our side keeps us from using your access", OURS),
    Cause.OUR_KEY: ("your booking system refuses our own key", OURS),
    Cause.PERMISSION_REFUSED: (
        "your booking system refuses to show us what we ask for",
        "Please check there that our access may see classes and bookings, then connect again.",
    ),
    Cause.SCOPE_MISSING: ("not all that we asked for was allowed", "Please connect again and allow all of it."),
    Cause.ENGINE_STOPPED: ("our own work stood still", OURS),
    Cause.OUR_CLOCK: ("a clock of ours is wrong", OURS),
    Cause.RATE_LIMITED: ("your booking system asks us to wait", "It goes on by itself; there is nothing to do."),
    Cause.CALLS_USED_UP: ("the calls allowed for today are used up", "It goes on by itself at midnight UTC."),
    Cause.PLATFORM_FAILS: ("your booking system does not answer as it should", AGAIN),
    Cause.NEVER_READ: ("your first import has not come to its end yet", GOES_ON),
    Cause.STALE: ("your schedule has not been read completely for a while", "We are looking into it."),
    Cause.BREAKER_OPEN: ("your booking system does not take what we send", AGAIN),
    Cause.NO_CLASSES: ("your booking system shows us no classes to come", "Please check that classes are scheduled."),
    Cause.ALL_HIDDEN: ("all your classes are hidden from the public", "Please show those that may be listed."),
    Cause.ALL_EXCLUDED: ("all your classes are left out by your settings", "You can change that under Settings."),
    Cause.SOME_FAILED: ("a part of your schedule could not be read", AGAIN),
    Cause.UNMAPPED: (
        "some of your booking sources are not mapped",
        "Please say what they mean, on the page of your connection.",
    ),
    Cause.SOME_HIDDEN: (
        "some of your classes are hidden or left out",
        "If that is as you wish, nothing is to be done.",
    ),
    Cause.EVENTS_OFF: ("your booking system's events do not reach us", "Changes are seen every ten minutes instead."),
    Cause.EVENTS_WAITING: ("events of your booking system wait to be worked on", GOES_ON),
    Cause.THEIR_CLOCK: ("your booking system's clock is off", "Nothing is lost by it."),
    Cause.TOKEN_ENDS_SOON: ("our access to your booking system ends soon", "Please connect again before it does."),
    Cause.SET_ASIDE: ("some records could not be read", "The page of your connection lists them with the reason."),
}
"""What is wrong, and what comes next, for a customer."""

ALERTS: Mapping[AlertKind, str] = {
    AlertKind.STALE: "your booking system could not be read, so nothing was listed",
    AlertKind.BREAKER_OPEN: "your booking system did not take what we sent",
    AlertKind.PUSH_FAILING: "a class could not be updated at your booking system",
    AlertKind.DRIFT: "a number was set at your booking system that differs from ours",
    AlertKind.SUBSCRIPTION: "your booking system's events did not reach us",
    AlertKind.GUARANTEE: "a requirement of the guarantee needed attention",
    AlertKind.RECONNECT: "your booking system did not let us in",
    AlertKind.TO_ENTER: "a reservation had to be entered in your booking system by hand",
}
ACTS: Mapping[RunKind, str] = {
    RunKind.BACKFILL: "your history was imported",
    RunKind.RESYNC: "your schedule was read again",
    RunKind.SUBSCRIBE: "we subscribed to your booking system's events again",
}


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that was wrong for a while; ``until`` None: still."""

    kind: AlertKind
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody did about it, and how much of it there was."""

    kind: RunKind
    at: datetime
    went_well: bool
    read: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that a summary tells."""

    diagnosis: Diagnosis
    days: int  # looked back
    incidents: Sequence[Incident] = ()
    deeds: Sequence[Deed] = ()
    parity: int | None = None  # per cent of what is listed that the platform holds as wanted
    in_force: int = 0


def summarise(story: Story) -> str:
    """The summary as plain text."""
    facts = story.diagnosis.facts
    when = facts.at(facts.now)
    paragraphs = [
        (f"Your connection to {facts.platform}, as of {when}", ()),
        ("What was wrong", _wrong(story)),
        ("What was done", _done(story)),
        ("How it stands now", _now(story)),
    ]
    return "\n\n".join("\n".join((title, *(f"- {line}" for line in lines))) for title, lines in paragraphs) + "\n"


def _wrong(story: Story) -> list[str]:
    told = [f"{_span(each, story.diagnosis.facts)}: {ALERTS[each.kind]}." for each in story.incidents]
    still = {each.since for each in story.incidents if each.until is None}  # which say the same cause already
    main = story.diagnosis.main
    if main is not None and main.cause and main.verdict is Verdict.WRONG and main.since not in still:
        since = f"Since {story.diagnosis.facts.at(main.since)}: " if main.since else "Now: "
        told.append(f"{since}{CAUSES[main.cause][0]}.")
    return told or [f"Nothing, in the last {story.days} days."]


def _done(story: Story) -> list[str]:
    told = []
    for deed in story.deeds:
        end = "." if deed.went_well else ", and did not come to its end."
        counts = f": {deed.read} records looked at, {deed.changed} new or changed" if deed.read else ""
        told.append(f"{story.diagnosis.facts.at(deed.at)}: {ACTS[deed.kind]}{counts}{end}")
    return told or ["Nothing was needed beyond what happens by itself."]


def _now(story: Story) -> list[str]:
    facts, main = story.diagnosis.facts, story.diagnosis.main
    told = []
    if facts.last_read_at is not None:
        told.append(f"Your schedule was last read completely at {facts.at(facts.last_read_at)}.")
    if story.parity is not None:
        told.append(f"Of {story.in_force} classes your booking system holds {story.parity}% as we sent them.")
    broken = [each for each in story.diagnosis.findings if each.cause and each.verdict is Verdict.WRONG]
    told += [f"Still open: {_told(each)}" for each in broken]
    if not broken:
        told.append("Everything is in order." if main is None else f"It is in sync. Worth knowing: {_told(main)}")
    return told


def _told(finding: Finding) -> str:
    """What is wrong, and what comes next."""
    return "{}. {}".format(*CAUSES[finding.cause]) if finding.cause else ""


def _span(incident: Incident, facts: Facts) -> str:
    since = facts.at(incident.since)
    return f"Since {since}" if incident.until is None else f"From {since} to {facts.at(incident.until)}"

"""F28: a word nobody has heard of is no crash and no silence either."""

from __future__ import annotations

from structlog.testing import capture_logs

from connectors.records import Outcome, Stream
from tests.adapter.store.records import Mirror, reservation


def test_unknown_words_are_warned_of_once_a_change(mirror: Mirror) -> None:
    odd = [reservation("a", outcome=Outcome.UNKNOWN), reservation("b", outcome=Outcome.UNKNOWN), reservation("c")]
    with capture_logs() as logs:
        mirror.page(Stream.RESERVATIONS, *odd)
        mirror.page(Stream.RESERVATIONS, *odd)
    (warning,) = logs
    assert (warning["log_level"], warning["stream"], warning["records"]) == ("warning", "reservations", 2)

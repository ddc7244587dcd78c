"""Patience with a platform: what a 429 tells everybody who calls with our key."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import responses

from connectors.errors import TryAgain
from connectors.http.patience import UNTOLD_PAUSE
from tests.connectors.http.test_door import FAR, Wires


@dataclass
class Noted:
    """A pace that lets everything through and remembers what it was told."""

    waits: int = 0
    pauses: list[float] = field(default_factory=list)

    def wait(self) -> None:
        self.waits += 1

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@responses.activate
@pytest.mark.parametrize(("wish", "pauses"), [("60", [60.0]), (None, [UNTOLD_PAUSE] * 4), ("0", [0.0] * 4)])
def test_a_refusal_for_calling_too_often_is_told_to_the_pace(
    wire: Wires, wish: str | None, pauses: list[float]
) -> None:
    noted = Noted()
    responses.get(f"{FAR}/sale/sales", status=429, headers={"Retry-After": wish} if wish else {})
    with pytest.raises(TryAgain):
        wire(pace=noted).door.get("/sale/sales")
    assert noted.pauses == pauses
    assert noted.waits == 1

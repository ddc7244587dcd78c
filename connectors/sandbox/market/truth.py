"""What no platform knows: which direct clients found a class full, and which came through the marketplace instead.

For evaluation only. The same seed gives the same direct arrivals whatever is listed, so two worlds that differ in
their offers alone can be compared arrival by arrival.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

ArrivalKey = tuple[int, int]
"""Class id and the place of the arrival in the class's plan: the same in every world of one seed."""


@dataclass
class Truth:
    """The unrecorded facts of one site."""

    arrived: dict[ArrivalKey, datetime] = field(default_factory=dict)  # direct clients who wanted a place
    refused: dict[ArrivalKey, datetime] = field(default_factory=dict)  # of these, who never got one
    diverted: dict[ArrivalKey, datetime] = field(default_factory=dict)  # who had booked through the marketplace before
    returned: dict[int, datetime] = field(
        default_factory=dict
    )  # visits of people who came through the marketplace first


def displaced(truth: Truth, without: Truth, class_ids: Collection[int] | None = None) -> set[ArrivalKey]:
    """Direct clients refused here who got a place in the same world without a marketplace, in these classes or all."""
    lost = truth.refused.keys() - without.refused.keys()
    return {key for key in lost if class_ids is None or key[0] in class_ids}

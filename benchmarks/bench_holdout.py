"""Whether the holdout's interval keeps its word: 500 repetitions on the sandbox's market, without and with an effect.

The market is lived twice from one seed, with and without the marketplace, so that of every class both outcomes are
known. A/A: nothing differs, 0 must be covered about 95 times in 100. With an effect: classes held out bring what they
brought without the marketplace; the mean difference must be covered likewise. Prints docs/holdout.md's table.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from adapter.experiments.assignment import is_held_out, week_of
from adapter.experiments.readout import Panel
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import Seller, Visit
from connectors.sandbox.market.world import World

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
REPETITIONS = 500
SHARES = (0.1, 0.2)
WEEKS = (13, 26, 50)
TOLERANCE = 0.03  # three standard errors of a share of 500 about 0.95

VISITS_OF_UNLIMITED = 8  # in a month, for a price a visit

Cell = tuple[str, str, float, float]  # slot, week, brought with and without the marketplace


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    cells: int
    truth: float
    error: float
    covers_zero: float
    covers_truth: float
    found: float  # how often the interval lies above 0


def cells(seed: int) -> list[Cell]:
    """Every class of the demonstration's first studio in its past, the latest last."""
    listed, alone = (next(iter(World(seed, NOW, marketplace=on).sites.values())) for on in (True, False))
    without = {(held.schedule_id, held.starts_at): _brought(alone, held.id) for held in alone.classes.values()}
    found = []
    for held in sorted(listed.classes.values(), key=lambda held: (held.starts_at, held.id)):
        same = (held.schedule_id, held.starts_at)
        if held.starts_at < NOW and not held.cancelled and held.max_capacity and same in without:
            slot = f"{held.schedule_id} {held.starts_local:%a}"
            found.append((slot, week_of(held.starts_local.date()), _brought(listed, held.id), without[same]))
    return found


def _brought(site: Site, number: int) -> float:
    """What a class brought: the share of each visit that stood in what paid for it."""
    return sum(_paid(site, visit) for visit in site.visits_of(number) if visit.active)


def _paid(site: Site, visit: Visit) -> float:
    if site.seller_of(visit) is Seller.MARKETPLACE:
        return float(visit.rate or 0)
    if visit.product_id is None or site.seller_of(visit) is not Seller.STUDIO:
        return 0.0
    option = site.options[visit.product_id]
    return float(option.price) / (option.count or VISITS_OF_UNLIMITED)


def repeat(found: list[Cell], share: float) -> Row:
    """Draw the holdout 500 times, and see how often the interval holds what is true."""
    panel = Panel([cell[0] for cell in found], [cell[1] for cell in found])
    brought, alone = [cell[2] for cell in found], [cell[3] for cell in found]
    truth = float(np.mean(np.subtract(brought, alone)))
    same, differs = [], []
    for repetition in range(REPETITIONS):
        listed = [not is_held_out(f"seed {repetition}", slot, week, share) for slot, week, _, _ in found]
        same.append(panel.read(listed, brought))
        differs.append(panel.read(listed, np.where(listed, brought, alone).tolist()))
    return Row(
        cells=len(found),
        truth=truth,
        error=float(np.mean([read.error for read in same if read])),
        covers_zero=float(np.mean([read.low <= 0 <= read.high for read in same if read])),
        covers_truth=float(np.mean([read.low <= truth <= read.high for read in differs if read])),
        found=float(np.mean([read.low > 0 for read in differs if read])),
    )


def main() -> int:
    """Print the table; 0 where every share of coverage is near 95 %."""
    found = cells(7)
    weeks = sorted({cell[1] for cell in found})
    print("| weeks | held out | classes | A/A: covers 0 | true effect | covers it | says positive | standard error |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    kept = True
    for length in WEEKS:
        last = [cell for cell in found if cell[1] in weeks[-length:]]
        for share in SHARES:
            row = repeat(last, share)
            kept &= all(abs(rate - 0.95) <= TOLERANCE for rate in (row.covers_zero, row.covers_truth))
            print(
                f"| {length} | {share:.0%} | {row.cells} | {row.covers_zero:.1%} | {row.truth:+.2f} | "
                f"{row.covers_truth:.1%} | {row.found:.0%} | {row.error:.2f} |"
            )
    print(f"holdout: every interval within {TOLERANCE:.0%} of 95 %: {'yes' if kept else 'no'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

"""The studios of the demonstration: a busy one in New York, one on the other side of the year, a tiny one, and more.

Knows what a timetable looks like and how popular its hours are, after published fill rates by start hour: 83 % at six
in the morning, 45 % at seven, 60 % at nine, 33 to 45 % after noon, 71 % at seven in the evening, 52 % at eight.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from decimal import Decimal

import numpy as np

from connectors.sandbox.market.plans import Block, Marketplace, Place, Slot, StudioPlan

DEMO_SITE, SECOND_SITE, PUBLIC_SITE = 1001, 1002, -99

_CLASSES = (
    ("Power Vinyasa", "Yoga", 60),
    ("Reformer Pilates", "Pilates", 50),
    ("Rhythm Ride", "Cycling", 45),
    ("HIIT 45", "Strength", 45),
    ("Barre Sculpt", "Barre", 55),
    ("Slow Flow", "Yoga", 60),
    ("Strength Lab", "Strength", 50),
    ("Boxing Basics", "Boxing", 50),
)
_CAPACITY = {"Yoga": 20, "Pilates": 10, "Cycling": 18, "Strength": 16, "Barre": 16, "Boxing": 14}
_HOURS = {
    6: 0.83,
    7: 0.45,
    8: 0.50,
    9: 0.60,
    10: 0.60,
    12: 0.42,
    13: 0.38,
    15: 0.35,
    16: 0.48,
    17: 0.68,
    18: 0.74,
    19: 0.71,
    20: 0.52,
}
_WEEKDAYS = (
    time(6, 0),
    time(7, 0),
    time(9, 0),
    time(10, 15),
    time(12, 15),
    time(16, 15),
    time(17, 30),
    time(18, 30),
    time(19, 45),
)
_SATURDAY = tuple(time(hour, 30) for hour in (7, 8, 9, 10, 12, 13, 15, 16))
_SUNDAY = tuple(time(hour, 0) for hour in (8, 9, 10, 12, 16, 17, 18))
_CANCELLED = 0.16  # of bookings made, early and late: demand is planned so that what stays fills the room
_TEACHERS = ("Mara Lind", "Theo Park", "Ines Duarte", "Sol Rivera", "Kit Osei", "Bea Novak", "Ravi Menon", "June Abe")


def demo_studios(count: int = 2) -> tuple[StudioPlan, ...]:
    """The first ``count`` studios of the demonstration, and always the tiny public one."""
    known = [_harbor(), _bondi()]
    more = [_another(number) for number in range(len(known), count)]
    return (*known[:count], *more, public_studio())


def public_studio(weeks: int = 6) -> StudioPlan:
    """The platform's public sandbox site: a handful of classes."""
    blocks = _blocks((time(7, 0), time(12, 15), time(18, 0)), (), (), seed=99)
    return _studio(
        PUBLIC_SITE, "Public Sandbox Studio", "America/Los_Angeles", "USD", "US", Decimal("0.0725"), Decimal("22.00"),
        Place(name="Main", address="1 Sample Way", city="San Luis Obispo", state="CA", postal_code="93401"),
        blocks[:3], people=90, weeks=weeks, seed=99,
    )  # fmt: skip


def small_studio(weeks: int = 6) -> StudioPlan:
    """Twelve classes a week for tests: quick to build, with everything in it that the large one has."""
    blocks = _blocks((time(6, 0), time(12, 15), time(18, 30)), (time(9, 30),), (time(10, 0),), seed=5)
    blocks = (*blocks[:2], *(replace(block, days=block.days[:1]) for block in blocks[2:]))
    return replace(_variety(_harbor_of(blocks[:8], people=110, weeks=weeks)), name="Small Studio")


def _harbor() -> StudioPlan:
    return _variety(_harbor_of(_blocks(_WEEKDAYS, _SATURDAY, _SUNDAY, seed=1), people=560, weeks=52))


def _harbor_of(blocks: tuple[Block, ...], *, people: int, weeks: int) -> StudioPlan:
    return _studio(
        DEMO_SITE, "Harbor & Pine Studio", "America/New_York", "USD", "US", Decimal("0.08875"), Decimal("28.00"),
        Place(name="Harbor & Pine", address="12 Pine Street", city="New York", state="NY", postal_code="10005"),
        blocks, people=people, weeks=weeks, seed=1,
    )  # fmt: skip


def _bondi() -> StudioPlan:
    hours = (time(6, 0), time(9, 0), time(12, 15), time(17, 30))
    plan = _studio(
        SECOND_SITE, "Southern Cross Movement", "Australia/Sydney", "AUD", "AU", Decimal("0.10"), Decimal("32.00"),
        Place(name="Bondi", address="8 Curlewis Street", city="Bondi Beach", state="NSW", postal_code="2026"),
        _blocks(hours, (time(8, 30), time(10, 30)), (time(9, 0), time(17, 0)), seed=2), people=330, weeks=52, seed=2,
    )  # fmt: skip
    return replace(plan, southern=True, marks_no_shows=False)


def _another(number: int) -> StudioPlan:
    zones = ("America/Chicago", "Europe/London", "America/Los_Angeles", "Europe/Berlin", "America/Denver")
    money = {"Europe/London": ("GBP", "GB"), "Europe/Berlin": ("EUR", "DE")}
    zone = zones[number % len(zones)]
    currency, country = money.get(zone, ("USD", "US"))
    hours = _WEEKDAYS[number % 3 :: 2]
    return _studio(
        DEMO_SITE + number, f"Studio {number + 1}", zone, currency, country, Decimal("0.08"), Decimal(22 + number % 9),
        Place(name="Main", address=f"{number} Main Street", city=zone.split("/")[1], state="", postal_code="10000"),
        _blocks(hours, _SATURDAY[1:4], _SUNDAY[1:3], seed=number), people=260, weeks=52, seed=number,
    )  # fmt: skip


def _blocks(
    weekday: tuple[time, ...], saturday: tuple[time, ...], sunday: tuple[time, ...], *, seed: int
) -> tuple[Block, ...]:
    rng = np.random.default_rng((0xB10C, seed))
    groups = ((0, 2, 4), weekday), ((1, 3), weekday), ((5,), saturday), ((6,), sunday)
    made = []
    for days, hours in groups:
        for start in hours:
            name, category, minutes = _CLASSES[int(rng.integers(len(_CLASSES)))]
            capacity = _CAPACITY[category]
            reserve = 2 if rng.random() < 0.3 else 0  # places kept for the desk
            teacher = int(rng.integers(len(_TEACHERS)))
            made.append(
                Block(
                    name=name,
                    category=category,
                    start=start,
                    minutes=minutes,
                    days=days,
                    teacher=teacher,
                    capacity=capacity,
                    web_capacity=capacity - reserve,
                )
            )
    return tuple(made)


def _slots(blocks: tuple[Block, ...], seed: int) -> tuple[Slot, ...]:
    rng = np.random.default_rng((0x5107, seed))
    made = []
    for index, block in enumerate(blocks):
        for day in block.days:
            liking = float(rng.lognormal(-0.02, 0.2))
            fill = min(1.08, _HOURS.get(block.start.hour, 0.5) * liking)
            attraction = float(rng.lognormal(0, 0.35)) * (0.6 + fill)
            made.append(
                Slot(
                    block=index,
                    day=day,
                    demand=0.945 * fill * (block.capacity or 14) / (1 - _CANCELLED),
                    regulars=float(rng.uniform(0.12, 0.42)),
                    late=float(rng.uniform(0.24, 0.5)),
                    market=2.6 * attraction,
                    wtp=float(rng.normal(13.5, 1.2)) + 3.0 * (fill - 0.57),
                    allotment=int(rng.choice((0, 1, 2, 3), p=(0.54, 0.20, 0.18, 0.08))) if fill < 0.75 else 0,
                )
            )
    return tuple(made)


def _studio(
    site: int, name: str, zone: str, currency: str, country: str, tax: Decimal, drop_in: Decimal, place: Place,
    blocks: tuple[Block, ...], *, people: int, weeks: int, seed: int,
) -> StudioPlan:  # fmt: skip
    return StudioPlan(
        site=site,
        name=name,
        timezone=zone,
        currency=currency,
        country=country,
        tax_rate=tax,
        drop_in=drop_in,
        places=(place,),
        teachers=_TEACHERS,
        blocks=blocks,
        slots=_slots(blocks, seed),
        people=people,
        weeks=weeks,
        marketplace=Marketplace(legacy_rate=(drop_in * Decimal("0.36")).quantize(Decimal("0.01"))),
    )


def _variety(plan: StudioPlan) -> StudioPlan:
    """Add a class without a capacity and one that is not shown to the public."""
    start = len(plan.blocks)
    blocks = (
        Block(name="Community Stretch", category="Yoga", start=time(14, 0), minutes=60, days=(6,), capacity=None),
        Block(
            name="Teacher Training", category="Yoga", start=time(20, 0), minutes=90, days=(3,), capacity=12, hidden=True
        ),
    )
    slots = (
        Slot(block=start, day=6, demand=9.0, market=1.0),
        Slot(block=start + 1, day=3, demand=6.0, market=0.0),
    )
    return replace(plan, blocks=(*plan.blocks, *blocks), slots=(*plan.slots, *slots))

"""The demonstration studio against the published figures it is fitted to."""

from __future__ import annotations

import pytest

from connectors.sandbox.market.figures import Figures, measure
from connectors.sandbox.market.world import World
from tests.connectors.market.conftest import SITE


@pytest.fixture(scope="module")
def figures(year: World) -> Figures:
    return measure(year.site(SITE))


def test_size(figures: Figures) -> None:
    assert 3_000 <= figures.classes <= 3_200
    assert 25_000 <= figures.reservations <= 35_500
    assert 600 <= figures.clients <= 1_500
    assert figures.sales > 3_000


def test_rooms_fill_as_real_ones_do(figures: Figures) -> None:
    assert figures.fill == pytest.approx(0.57, abs=0.03)
    assert figures.sold_out == pytest.approx(0.065, abs=0.025)
    assert figures.fill_by_hour[6] > figures.fill_by_hour[7]
    assert figures.fill_by_hour[19] > figures.fill_by_hour[20] > figures.fill_by_hour[13]
    assert 0.7 <= figures.dispersion <= 1.2


def test_bookings_come_as_early_as_real_ones(figures: Figures) -> None:
    low, middle, high = figures.lead_quartiles
    assert low == pytest.approx(5, abs=1.5)
    assert middle == pytest.approx(48, abs=8)
    assert high == pytest.approx(161, abs=16)


def test_what_becomes_of_bookings(figures: Figures) -> None:
    assert 0.06 <= figures.no_shows <= 0.10
    assert figures.cancelled == pytest.approx(0.12, abs=0.015)
    assert 0.02 <= figures.late_cancelled <= 0.06
    assert figures.marketplace == pytest.approx(0.05, abs=0.015)
    assert 0.01 <= figures.third_party <= 0.05


def test_a_studio_that_marks_no_no_shows_leaves_plain_visits(year: World) -> None:
    site = year.site(1002)
    past = [v for v in site.visits.values() if v.active and site.classes[v.class_id].ends_at < year.now]
    assert not any(visit.missed for visit in past)
    assert 0.04 < sum(not visit.signed_in for visit in past) / len(past) < 0.12


def test_first_time_visitors_come_back_directly(year: World) -> None:
    site, truth = year.site(SITE), year.truth(SITE)
    assert len(truth.returned) > 50
    visit = site.visits[max(truth.returned)]
    assert visit.product_id is not None
    assert site.options[visit.product_id].seller.value == "studio"

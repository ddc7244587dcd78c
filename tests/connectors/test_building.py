"""Building an application undisturbed."""

from __future__ import annotations

import gc

import pytest

from connectors.building import uncollected


def test_no_garbage_is_collected_while_an_application_is_built_and_it_is_again_after_a_failure() -> None:
    seen: list[bool] = []

    def fail() -> None:
        with uncollected():
            seen.append(gc.isenabled())
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert (seen, gc.isenabled()) == ([False], True)

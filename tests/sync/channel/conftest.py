"""A marketplace at a studio that is live, and offers Premium."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Kept, Road
from tests.sync.selling import Seller, list_with_premium, offer_all, seller_of


@pytest.fixture
def listed(mirrored: Road, kept: Kept) -> Road:
    """The mirrored studio, live and decided for, with Premium chosen."""

    kept("listed", lambda: list_with_premium(mirrored))
    return mirrored


@pytest.fixture
def shop(listed: Road, sandbox: LiveSandbox, app: Flask) -> Seller:
    """A marketplace at it; the platform holds what was decided."""
    offer_all(listed, sandbox)
    return seller_of(listed, app)

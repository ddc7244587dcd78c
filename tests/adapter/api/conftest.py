"""Who calls the API."""

from __future__ import annotations

import pytest

from adapter.context import Context
from adapter.store.tables import Role
from tests.fixtures.studio import Seeded, bearer

Headers = dict[str, str]


@pytest.fixture
def owner(ctx: Context, seeded: Seeded) -> Headers:
    return bearer(ctx, Role.OWNER, seeded.studio_id)

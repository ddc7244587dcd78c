"""Every page as a picture, in day and night, wide and narrow: for people to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from adapter.context import Context
from adapter.store.tables import Role
from tests.fixtures.studio import Seeded, link_of

PICTURES = Path(__file__).parents[1] / "screenshots"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_pictures(browser: Browser, served: str, ctx: Context, seeded: Seeded, scheme: str, width: int) -> None:
    PICTURES.mkdir(exist_ok=True)
    context = browser.new_context(base_url=served, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    pages = {
        "calendar": f"/studios/{seeded.studio_id}",
        "session": f"/sessions/{seeded.sessions[4]}",
        "connect": f"/studios/{seeded.studio_id}/connect",
        "connection": f"/connections/{seeded.connection_id}",
        "run": f"/runs/{seeded.runs[1]}",
        "settings": f"/studios/{seeded.studio_id}/settings",
    }
    page.goto("/")
    page.screenshot(path=PICTURES / f"welcome-{width}-{scheme}.png", full_page=True)
    page.goto(link_of(ctx, seeded.users[Role.OWNER]))
    page.screenshot(path=PICTURES / f"sign-in-{width}-{scheme}.png")
    page.get_by_role("button", name="Sign in").click()
    for name, path in pages.items():
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, (path, answer.status)
        page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=name != "calendar")
    context.close()

"""Every page in a real browser, by day and by night, wide and narrow: no serious accessibility fault, nothing that
scrolls sideways, and a picture of each for people to look at.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from adapter.context import Context
from adapter.store.tables import Role
from tests.fixtures.studio import Seeded, link_of

PICTURES = Path(__file__).parents[1] / "screenshots"
GRAVE = {"serious", "critical"}

pytestmark = pytest.mark.browser


def check(page: Page, name: str) -> None:
    """A picture, then the two checks."""
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} scrolls sideways by {wide} px"
    answer = Axe().run(page).response
    assert answer["passes"]
    grave = [
        (fault["id"], fault["nodes"][0]["html"][:200]) for fault in answer["violations"] if fault["impact"] in GRAVE
    ]
    assert grave == [], name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_looks_right(
    browser: Browser, served: str, ctx: Context, seeded: Seeded, scheme: str, width: int
) -> None:
    context = browser.new_context(base_url=served, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    pages = {
        "calendar": f"/studios/{seeded.studio_id}?day=2026-03-03",
        "session": f"/sessions/{seeded.sessions[5]}",
        "refused": f"/sessions/{seeded.sessions[4]}",
        "connect": f"/studios/{seeded.studio_id}/connect",
        "connection": f"/connections/{seeded.connection_id}",
        "run": f"/runs/{seeded.runs[1]}",
        "settings": f"/studios/{seeded.studio_id}/settings",
        "class-settings": f"/studios/{seeded.studio_id}/settings?of=class_type-1",
        "missing": "/studios/999",
    }
    page.goto("/")
    check(page, f"welcome-{width}-{scheme}")
    page.goto(link_of(ctx, seeded.users[Role.OWNER]))
    check(page, f"sign-in-{width}-{scheme}")
    page.get_by_role("button", name="Sign in").click()
    for name, path in pages.items():
        page.goto(path)
        check(page, f"{name}-{width}-{scheme}")
    context.close()

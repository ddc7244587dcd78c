"""The pictures of the documentation: made by this test from the demo's studio, when they are asked for.

``pytest --pictures docs/pictures tests/journeys/test_pictures.py`` makes them anew, which takes a minute or two; any
other run only sees to it that each picture a document names is one that is made here, and is there.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.serving import make_server

from adapter.app import create_app
from adapter.compose import compose
from adapter.config import load_config
from adapter.context import Context
from adapter.people.accounts import sign_in_link
from adapter.store.tables import User
from tests.journeys.test_demo import run_demo

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 1180, 900
TALLEST = 1700
WEEKS = "14"  # of history: as many as the first page shows, and some more
NAMED = re.compile(r"!\[[^\]]*\]\((?:docs/)?pictures/([\w-]+)\.png\)")


def calendar(page: Page) -> None:
    page.get_by_role("link", name="Calendar").click()


def a_class(page: Page) -> None:
    calendar(page)
    page.locator(".row:not(.past) .what a").nth(6).click()


def by_address(path: str) -> Callable[[Page], None]:
    return lambda page: page.goto(path) and None


PICTURES: dict[str, Callable[[Page], object]] = {
    "today": by_address("/studios/1/today"),
    "calendar": calendar,
    "class": a_class,
    "payouts": by_address("/studios/1/payouts"),
    "diagnosis": by_address("/connections/1/diagnosis"),
    "platforms": by_address("/studios/1/connect"),
}
"""Each picture, and the way to what it shows."""


def test_each_picture_that_a_document_names_is_made_here_and_is_there() -> None:
    documents = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    named = {name for document in documents for name in NAMED.findall(document.read_text())}
    assert named == set(PICTURES)
    assert {path.stem for path in (ROOT / "docs" / "pictures").glob("*.png")} == set(PICTURES)


@pytest.mark.browser
@pytest.mark.pictures
@pytest.mark.timeout(600)
def test_pictures_are_taken_of_the_demo(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    folder: Path = request.config.getoption("--pictures")
    run_demo(tmp_path, "--weeks", WEEKS)
    instance = tmp_path / "demo"
    ctx = compose(load_config({"ADAPTER_INSTANCE": str(instance)}, folder=instance))
    browser: Browser = request.getfixturevalue("browser")
    with served(ctx) as address:
        window = browser.new_context(
            base_url=address, viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce"
        )
        page = window.new_page()
        page.goto(owners_link(ctx))
        page.get_by_role("button", name="Sign in").click()
        folder.mkdir(parents=True, exist_ok=True)
        for name, show in PICTURES.items():
            show(page)
            page.wait_for_load_state("networkidle")
            take(page, folder / f"{name}.png")
        window.close()
    ctx.store.close()


@contextmanager
def served(ctx: Context) -> Iterator[str]:
    """The demo's studio over HTTP on loopback."""
    server = make_server("127.0.0.1", 0, create_app(ctx), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def owners_link(ctx: Context) -> str:
    with ctx.store.write() as db:
        owner = db.scalars(select(User.id).order_by(User.id)).first()
        assert owner is not None
        return f"/sign-in/{sign_in_link(db, ctx.keys, owner, ctx.now())}"


def take(page: Page, path: Path) -> None:
    """As tall as the page, within reason; in few colours, which a page of text does not miss."""
    tall = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": WIDTH, "height": tall})
    picture = Image.open(BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(128).save(path, optimize=True)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

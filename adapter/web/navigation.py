"""Where one can go at a studio: the pages in their groups, as far as the caller may see them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from adapter.people.permissions import Act
from adapter.web.languages import said
from adapter.web.wording import can


@dataclass(frozen=True)
class Page:
    """A page of a studio: the name that its template calls itself, where it is, its words, who may see it."""

    tab: str
    endpoint: str
    words: str
    act: Act


GROUPS: tuple[tuple[str, tuple[Page, ...]], ...] = (
    ("Today", (Page("today", "today.of_studio", "Today", Act.SEE_CALENDAR),)),
    ("Calendar", (Page("calendar", "calendar.of_studio", "Calendar", Act.SEE_CALENDAR),)),
    (
        "Sell more",
        (
            Page("opportunities", "opportunities.of_studio", "Opportunities", Act.SEE_CALENDAR),
            Page("spotlight", "spotlight.of_studio", "Spotlight", Act.SEE_SETTINGS),
            Page("open_data", "publishing.of_studio", "Open data", Act.SEE_SETTINGS),
            Page("by_hand", "by_hand.of_studio", "By hand", Act.SEE_SETTINGS),
        ),
    ),
    (
        "Money",
        (
            Page("payouts", "payouts.of_studio", "Payouts", Act.SEE_FRANCHISE),
            Page("guarantee", "guarantee.of_studio", "Guarantee", Act.SEE_GUARANTEE),
        ),
    ),
    ("Connections", (Page("connections", "connections.of_studio", "Connections", Act.SEE_CONNECTION),)),
    (
        "Settings",
        (
            Page("settings", "settings.of_studio", "Settings", Act.SEE_SETTINGS),
            Page("people", "people.of_studio", "People", Act.MANAGE_PEOPLE),
            Page("log", "audit.of_studio", "Log", Act.SEE_AUDIT),
        ),
    ),
)


@dataclass(frozen=True)
class Link:
    """A way to a page, and whether one is there."""

    words: str
    href: str
    current: bool


@dataclass(frozen=True)
class Group:
    """A group of pages; its own link leads to the first of them."""

    words: str
    pages: tuple[Link, ...]

    @property
    def href(self) -> str:
        """The first page."""
        return self.pages[0].href

    @property
    def current(self) -> bool:
        """Whether one is on a page of the group."""
        return any(page.current for page in self.pages)


def navigation(studio_id: int, tab: str) -> list[Group]:
    """The groups that the caller may see anything of; ``tab`` is the page one is on."""
    found = [(words, tuple(_link(page, studio_id, tab) for page in pages if can(page.act))) for words, pages in GROUPS]
    return [Group(said(words) if len(links) > 1 else links[0].words, links) for words, links in found if links]


def _link(page: Page, studio_id: int, tab: str) -> Link:
    return Link(said(page.words), url_for(page.endpoint, studio_id=studio_id), page.tab == tab)

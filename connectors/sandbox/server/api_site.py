"""Reads of a site and its parts, and of its staff."""

from __future__ import annotations

from flask import Blueprint, Response

from connectors.sandbox.server.access import caller, query
from connectors.sandbox.server.pages import page
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.shapes_site import (
    location_json,
    program_json,
    session_type_json,
    site_json,
    staff_json,
)


def site_routes(routes: Blueprint) -> None:
    """Add them."""
    routes.add_url_rule("/site/sites", view_func=sites)
    routes.add_url_rule("/site/locations", view_func=locations)
    routes.add_url_rule("/site/programs", view_func=programs)
    routes.add_url_rule("/site/sessiontypes", view_func=session_types)
    routes.add_url_rule("/staff/staff", view_func=staff)


def sites() -> Response:
    """The sites that the key may see. Exactly one wanted: the whole record of it."""
    asked, sandbox = query(), here()
    wanted = asked.integers("SiteIds")
    seen = [site for site in sandbox.world.sites.values() if not sandbox.revoked(site.id)]
    rows = [site for site in seen if not wanted or site.id in wanted]
    return page(asked, "Sites", rows, lambda site: site_json(site, detailed=len(wanted) == 1))


def locations() -> Response:
    """Where classes are held."""
    site = caller().site
    return page(query(), "Locations", list(site.locations.values()), lambda item: location_json(site, item))


def programs() -> Response:
    """Service categories."""
    asked, site = query(), caller().site
    wanted = asked.integers("ProgramIds")
    rows = [item for item in site.programs.values() if not wanted or item.id in wanted]
    return page(asked, "Programs", rows, program_json)


def session_types() -> Response:
    """Kinds of sessions."""
    asked, site = query(), caller().site
    wanted = asked.integers("ProgramIDs")
    rows = [item for item in site.session_types.values() if not wanted or item.program_id in wanted]
    return page(asked, "SessionTypes", rows, session_type_json)


def staff() -> Response:
    """Who teaches."""
    asked, who = query(), caller()
    wanted = asked.integers("StaffIds")
    rows = [item for item in who.site.staff.values() if not wanted or item.id in wanted]
    return page(asked, "StaffMembers", rows, lambda item: staff_json(item, at_desk=who.at_desk))

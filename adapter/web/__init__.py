"""The pages: server-rendered, thin. Parse, ask the store, show."""

from __future__ import annotations

from flask import Flask

from adapter.web import (
    account,
    audit,
    by_hand,
    calendar,
    charts,
    connections,
    desk,
    franchise,
    guarantee,
    health,
    holdouts,
    home,
    judgements,
    languages,
    lineage,
    members,
    metrics,
    navigation,
    oauth,
    open_data,
    opportunities,
    payouts,
    people,
    publishing,
    runs,
    settings,
    sign_in,
    spotlight,
    staff,
    then,
    today,
    webhooks,
    wording,
    write_back,
)
from adapter.web.security import csrf

BLUEPRINTS = (
    home.blueprint,
    sign_in.blueprint,
    today.blueprint,
    charts.blueprint,
    staff.blueprint,
    account.blueprint,
    people.blueprint,
    audit.blueprint,
    calendar.blueprint,
    connections.blueprint,
    desk.blueprint,
    lineage.blueprint,
    members.blueprint,
    franchise.blueprint,
    write_back.blueprint,
    runs.blueprint,
    settings.blueprint,
    by_hand.blueprint,
    open_data.blueprint,
    publishing.blueprint,
    opportunities.blueprint,
    spotlight.blueprint,
    guarantee.blueprint,
    holdouts.blueprint,
    judgements.blueprint,
    payouts.blueprint,
    oauth.blueprint,
    webhooks.blueprint,
    health.blueprint,
    metrics.blueprint,
)


def install(app: Flask) -> None:
    """Register every page, and the words and filters that the templates use."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    csrf.exempt(oauth.callback)  # these two prove their caller in their own way
    csrf.exempt(webhooks.blueprint)
    languages.install(app)
    wording.install(app)
    app.jinja_env.globals["navigation"] = navigation.navigation
    then.install(app)

"""Asking the road, for a page, what a change would do."""

from __future__ import annotations

from flask import abort

from adapter.steering.foreseeing import Foreseen
from adapter.store.overrides import Wishes
from adapter.web.access import context


def foresee(studio_id: int, wishes: Wishes) -> Foreseen:
    """What these wishes would do; 503 where this process serves pages and knows no models."""
    ask = context().foresee
    return abort(503, "This process cannot work out what a change would do.") if ask is None else ask(studio_id, wishes)

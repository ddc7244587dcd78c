"""A form that is refused: what is said stands at the field that is meant, and where none is, at the top of the page."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash


def at_fields(why: str, fields: Sequence[str]) -> dict[str, str]:
    """What is said at each field that is wrong: why at the first of them, nothing more at the others.

    Templates mark them by ``parts.marks`` and ``parts.why``, and lead there by ``parts.refused``.
    """
    if not fields:
        flash(why, "error")
    return {name: why if name == fields[0] else "" for name in fields}

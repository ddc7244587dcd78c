"""Knocking at an address of our own, as a platform does before it sends events there."""

from __future__ import annotations

import requests

from connectors.errors import TryAgain
from connectors.http.door import DirectSession

TIMEOUT = (3.0, 5.0)  # seconds to connect, seconds without a byte


def head(url: str) -> int:
    """The status with which ``url`` answers HEAD; no redirect is followed. Raises TryAgain where nobody answers."""
    try:
        with DirectSession() as http:
            http.trust_env = False
            return http.head(url, timeout=TIMEOUT, allow_redirects=False).status_code
    except requests.RequestException as error:
        raise TryAgain(f"HEAD: nobody answered ({type(error).__name__})") from error

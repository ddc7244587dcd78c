"""One message to somebody who is no platform: bytes sent as they are, and of the answer only the status counts."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from connectors.errors import Misconfigured, TryAgain
from connectors.http.door import DirectSession, mount_guard

TIMEOUT = (5.0, 15.0)  # seconds to connect, seconds without a byte: as the Standard Webhooks specification advises


def post(url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool, allowed: frozenset[str]) -> int:
    """The status with which ``url`` answers; no redirect is followed, and the answer itself is not read.

    Raises TryAgain where nobody answers, Misconfigured where the address is none or must not be called.
    """
    with DirectSession() as http:
        mount_guard(http, allow_private=allow_private, allowed=allowed)
        try:
            with http.post(url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True) as got:
                return got.status_code
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema):
            raise Misconfigured("POST: the address can't be used.") from None
        except requests.RequestException as error:
            raise TryAgain(f"POST: nobody answered ({type(error).__name__}).", unknown=True) from error

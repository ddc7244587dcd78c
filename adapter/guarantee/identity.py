"""Who an e-mail address stands for (GI-01, GI-03, GI-04). Pure: text in, text out; nothing is looked up.

Knows when two spellings are one address and which texts are no address at all. Does not know who shares an address:
that takes the whole case, and the guarantee judges it.
"""

from __future__ import annotations

import unicodedata

import idna

PLACEHOLDERS = frozenset({"none", "noemail", "no-email", "na", "unknown"})
"""What front desks type before the ``@`` when a client gives no address."""


def normalise(address: str) -> str | None:
    """The one spelling of an address: trimmed, NFC, case-folded, its domain in ASCII. None where it is no address.

    Aliases stay different people: neither ``+tag`` nor dots are touched (GI-03).
    """
    local, _, domain = _fold(address).rpartition("@")
    if not local or not domain or local in PLACEHOLDERS:
        return None
    return f"{local}@{_ascii_domain(domain)}"


def collapse(address: str) -> str | None:
    """A normal address without what follows a ``+`` and without dots before the ``@``: an alias is then its owner."""
    local, _, domain = address.rpartition("@")
    return normalise(f"{local.partition('+')[0].replace('.', '')}@{domain}")


def _fold(text: str) -> str:
    # Folding can undo the composition and composing can bring back a letter to fold, so both are done twice.
    composed = unicodedata.normalize("NFC", text.strip()).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", composed).casefold()).strip()


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain  # not a domain that DNS knows: it still tells two addresses apart

"""Signatures: right or not, whatever a stranger sends."""

from __future__ import annotations

import base64

import pytest

from connectors.signatures import header_of, same, sha256_base64


def test_a_signature_by_a_published_vector() -> None:
    # RFC 4231, test case 2
    digest = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    assert sha256_base64("Jefe", b"what do ya want for nothing?") == base64.b64encode(digest).decode()


@pytest.mark.parametrize("given", [None, "", "x", "é", "\udc00", "a" * 2**20, "sha256=", "right "])
def test_anything_else_is_wrong_without_a_fuss(given: str | None) -> None:
    assert same("right", "right")
    assert not same("right", given)


def test_a_header_is_found_in_any_case_and_only_if_it_stands_there_once() -> None:
    assert header_of({"x-SIGNATURE": "a"}, "X-Signature") == "a"
    assert header_of({"x-signature": "a", "X-Signature": "b"}, "X-Signature") is None
    assert header_of({}, "X-Signature") is None

"""GI-01, GI-03, GI-04: which spellings are one address, and which texts are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.guarantee.identity import normalise


@pytest.mark.parametrize(
    ("spelling", "same"),
    [
        (" Ana.Ruiz@Gmail.com ", "ana.ruiz@gmail.com"),
        ("JOSE\u0301@x.org", "jos\u00e9@x.org"),  # composed and decomposed
        ("straße@x.org", "strasse@x.org"),
        ("ana@Bücher.example", "ana@xn--bcher-kva.example"),
        ("\tana@x.org\n", "ana@x.org"),
    ],
)
def test_one_address_in_two_spellings(spelling: str, same: str) -> None:
    """GI-01."""
    assert normalise(spelling) == normalise(same) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana+cp@gmail.com", "ana@gmail.com"),
        ("a.na@gmail.com", "ana@gmail.com"),
        ("ana@googlemail.com", "ana@gmail.com"),
        ("аna@x.org", "ana@x.org"),  # a Cyrillic а looks alike and is another
        ("x7f@privaterelay.appleid.com", "ana@x.org"),
    ],
)
def test_aliases_and_look_alikes_are_two_people(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "none",
        "n/a",
        "ana",
        "none@none.com",
        "NoEmail@studio.com",
        "no-email@x.org",
        "NA@x.org",
        "unknown@x",
        "@x.org",
        "ana@",
    ],
)
def test_what_is_no_address(text: str) -> None:
    assert normalise(text) is None


def test_a_placeholder_is_the_whole_part_before_the_at_sign() -> None:
    assert normalise("nona@x.org") == "nona@x.org"
    assert normalise("none.such@x.org") == "none.such@x.org"


@given(st.text(max_size=20), st.text(max_size=20))
def test_normalising_twice_changes_nothing(local: str, domain: str) -> None:
    once = normalise(f"{local}@{domain}")
    assert once is None or normalise(once) in (once, None)


@given(st.emails())
def test_case_and_spaces_never_matter_for_plain_addresses(address: str) -> None:
    assert normalise(f"  {address.upper()} ") == normalise(address)

"""The ways in: one-time links and tokens, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from adapter.people.accounts import (
    authenticate,
    create_studio,
    create_token,
    create_user,
    redeem,
    sign_in_link,
)
from adapter.people.permissions import Act, may, studios_for
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import ApiToken, EmailAddress, Role, SignInLink, User
from tests.fixtures.database import NOON


@pytest.fixture
def user_id(any_store: Store, keys: Keyring) -> int:
    with any_store.write() as db:
        studio = create_studio(db, "Harbor", timezone="America/New_York", currency="USD", now=NOON)
        owner = create_user(db, keys, "Ana", " Ana@Example.com ", role=Role.OWNER, studio_id=studio.id, now=NOON)
        return owner.id


def test_a_link_works_once_and_its_text_is_not_kept(any_store: Store, keys: Keyring, user_id: int) -> None:
    with any_store.write() as db:
        link = sign_in_link(db, keys, user_id, NOON)
    with any_store.write() as db:
        assert link not in db.scalars(select(SignInLink.token_hash)).all()
        user = redeem(db, keys, link, NOON)
        assert user is not None
        assert user.id == user_id
    with any_store.write() as db:
        assert redeem(db, keys, link, NOON) is None


@pytest.mark.parametrize(("minutes", "works"), [(14.99, True), (15, False)])
def test_a_link_lives_fifteen_minutes(
    any_store: Store, keys: Keyring, user_id: int, minutes: float, works: bool
) -> None:
    with any_store.write() as db:
        link = sign_in_link(db, keys, user_id, NOON)
    with any_store.write() as db:
        assert (redeem(db, keys, link, NOON + timedelta(minutes=minutes)) is not None) is works


def test_of_many_redemptions_at_once_one_wins(any_store: Store, keys: Keyring, user_id: int) -> None:
    with any_store.write() as db:
        link = sign_in_link(db, keys, user_id, NOON)
    won: list[bool] = []
    start = threading.Barrier(4)

    def try_it() -> None:
        start.wait()
        with any_store.write() as db:
            won.append(redeem(db, keys, link, NOON) is not None)

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False, False, False, True]


def test_somebody_who_left_can_no_longer_sign_in(any_store: Store, keys: Keyring, user_id: int) -> None:
    with any_store.write() as db:
        link = sign_in_link(db, keys, user_id, NOON)
        db.get_one(User, user_id).active = False
    with any_store.write() as db:
        assert redeem(db, keys, link, NOON) is None


def test_an_address_is_kept_sealed_and_normalised(any_store: Store, keys: Keyring, user_id: int) -> None:
    with any_store.read() as db:
        row = db.get_one(EmailAddress, db.get_one(User, user_id).email_id)
        assert b"example" not in (row.address or b"")


def test_a_token_says_who_asks_until_it_is_revoked(any_store: Store, keys: Keyring, user_id: int) -> None:
    with any_store.write() as db:
        studio_id = db.get_one(User, user_id).memberships[0].studio_id
        assert studio_id is not None
        token = create_token(db, keys, Role.SUPPORT, studio_id, None, NOON)
    with any_store.read() as db:
        caller = authenticate(db, keys, token)
        assert caller is not None
        assert may(caller, Act.RESYNC, studio_id)
        assert not may(caller, Act.CHANGE_SETTINGS, studio_id)
        assert not may(caller, Act.RESYNC, studio_id + 1)
        assert studios_for(caller, Act.RESYNC) == {studio_id}
        assert authenticate(db, keys, token + "x") is None
    with any_store.write() as db:
        db.scalars(select(ApiToken)).one().revoked_at = NOON
    with any_store.read() as db:
        assert authenticate(db, keys, token) is None


@pytest.mark.parametrize(("role", "marketplace"), [(Role.MARKETPLACE, None), (Role.OWNER, "sandbox")])
def test_a_marketplace_is_named_by_its_own_tokens_only(
    any_store: Store, keys: Keyring, role: Role, marketplace: str | None
) -> None:
    with any_store.write() as db, pytest.raises(ValueError, match="marketplace"):
        create_token(db, keys, role, None, marketplace, NOON)

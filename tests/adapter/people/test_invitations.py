"""Invitations and roles: a link gives a role once, nobody gives what they lack, and one owner always remains."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from adapter.context import Context
from adapter.people.accounts import create_studio, create_user
from adapter.people.invitations import accept, invite, look_up
from adapter.people.members import NotChanged, change_role, withdraw
from adapter.people.permissions import Caller, grantable
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import Audit, EmailAddress, Invitation, Membership, Role, Studio, User
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, link_of

LINK = re.compile(r'value="http://127\.0\.0\.1:5000(/join/[\w-]+)"')


def invited(owner: FlaskClient, seeded: Seeded, role: Role = Role.OPERATIONS, **other: str) -> str:
    form = {"name": "Bea Lund", "address": "bea@example.com", "role": role} | other
    answer = owner.post(f"/studios/{seeded.studio_id}/people/invite", data=form)
    found = LINK.search(answer.text)
    assert found is not None
    assert "no e-mail is sent" in answer.text
    return found[1]


def roles_of(ctx: Context, studio_id: int) -> set[tuple[str, Role]]:
    with ctx.store.read() as db:
        found = select(User.name, Membership.role).join(Membership).where(Membership.studio_id == studio_id)
        return {(name, role) for name, role in db.execute(found)}


def test_a_stranger_joins_once_with_the_role_and_gets_an_account(
    owner: FlaskClient, app: Flask, ctx: Context, seeded: Seeded
) -> None:
    link = invited(owner, seeded)
    guest = app.test_client()
    for _ in range(2):
        page = guest.get(link).text
        assert "You are invited, Bea Lund" in page
    assert ("Bea Lund", Role.OPERATIONS) not in roles_of(ctx, seeded.studio_id)
    assert guest.post(link).location == "/account"
    assert ("Bea Lund", Role.OPERATIONS) in roles_of(ctx, seeded.studio_id)
    assert guest.get(f"/studios/{seeded.studio_id}/settings").status_code == 200
    assert guest.get(f"/studios/{seeded.studio_id}/people").status_code == 403
    assert app.test_client().post(link).status_code == 410
    with ctx.store.read() as db:
        assert link.rpartition("/")[2] not in db.scalars(select(Invitation.token_hash)).all()
        told = {line.act: line for line in db.scalars(select(Audit))}
        assert told["person.invited"].after == {"name": "Bea Lund", "role": "operations"}
        assert told["person.joined"].studio_id == seeded.studio_id


def test_who_is_signed_in_adds_the_studio_to_the_account_they_have(
    owner: FlaskClient, app: Flask, ctx: Context, seeded: Seeded
) -> None:
    link = invited(owner, seeded, address="stranger@example.com")
    other = app.test_client()
    assert other.get(link).status_code == 200
    assert other.post(link_of(ctx, seeded.other_owner)).location == link, "back to the invitation"
    assert other.post(link).location == "/"
    with ctx.store.read() as db:
        assert db.scalar(select(func.count()).select_from(User)) == len(seeded.users) + 1
        mine = db.get_one(User, seeded.other_owner)
        assert {one.studio_id for one in mine.memberships} == {seeded.studio_id, seeded.other_studio_id}


def test_whoever_opens_it_gets_nothing_of_who_has_that_address(
    owner: FlaskClient, app: Flask, ctx: Context, seeded: Seeded
) -> None:
    """An inviter who names another owner's address, and takes the link themselves, is still not that owner."""
    link = invited(owner, seeded, address="stranger@example.com")
    thief = app.test_client()
    thief.post(link)
    assert thief.get(f"/studios/{seeded.other_studio_id}").status_code == 404


def test_an_invitation_ends_after_a_week_or_when_it_is_called_off(
    owner: FlaskClient, ctx: Context, seeded: Seeded, app: Flask
) -> None:
    late = invited(owner, seeded)
    app.extensions["context"] = replace(ctx, now=lambda: NOON + timedelta(days=7))
    assert app.test_client().get(late).status_code == 410
    app.extensions["context"] = ctx
    page = owner.get(f"/studios/{seeded.studio_id}/people").text
    number = re.search(r'name="invitation" value="(\d+)"', page)
    assert number is not None
    owner.post(f"/studios/{seeded.studio_id}/people/uninvite", data={"invitation": number[1]})
    assert app.test_client().post(late).status_code == 410


def test_nobody_gives_a_right_that_they_lack(owner: FlaskClient, seeded: Seeded) -> None:
    of = {role: grantable(Caller("user:1", "x", {1: frozenset({role})}), 1) for role in Role}
    assert set(of[Role.OWNER]) == set(Role) - {Role.FINANCE, Role.SUPPORT, Role.MARKETPLACE}
    assert all(of[role] == () for role in Role if role is not Role.OWNER)
    lead = Caller("user:1", "x", {None: frozenset({Role.OWNER, Role.FINANCE})})
    assert Role.FINANCE in grantable(lead, 1)
    path, form = f"/studios/{seeded.studio_id}/people", {"name": "F", "address": "f@example.com"}
    assert owner.post(f"{path}/invite", data=form | {"role": "finance"}).status_code == 403
    assert owner.post(f"{path}/invite", data=form | {"role": "marketplace"}).status_code == 403
    mine = {"person": str(seeded.users[Role.OWNER]), "role": "finance"}
    assert owner.post(f"{path}/role", data=mine).status_code == 403


def test_one_owner_always_remains(owner: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    path, me = f"/studios/{seeded.studio_id}/people", str(seeded.users[Role.OWNER])
    for act, form in (("role", {"person": me, "role": "readonly"}), ("withdraw", {"person": me, "sure": "yes"})):
        owner.post(f"{path}/{act}", data=form)
        assert "keeps at least one owner" in owner.get(path).text
    second = str(seeded.users[Role.OPERATIONS])
    owner.post(f"{path}/role", data={"person": second, "role": "owner"})
    open_link = invited(owner, seeded)
    owner.post(f"{path}/withdraw", data={"person": me, "sure": "yes"})
    assert owner.get(path).status_code == 404, "at once, in the session that is open"
    assert owner.get(open_link).status_code == 410, "what they left open is called off with them"
    with ctx.store.read() as db:
        line = db.scalars(select(Audit).where(Audit.act == "person.withdrawn")).one()
        assert (line.before, line.after) == ({"roles": ["owner"]}, {"roles": []})


def test_the_other_studios_people_are_no_business_of_an_owner(owner: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    path, stranger = f"/studios/{seeded.studio_id}/people", str(seeded.other_owner)
    owner.post(f"{path}/withdraw", data={"person": stranger, "sure": "yes"})
    owner.post(f"{path}/role", data={"person": stranger, "role": "readonly"})
    assert roles_of(ctx, seeded.other_studio_id) == {("Stranger", Role.OWNER)}
    assert "Stranger" not in owner.get(path).text
    assert "@example.com" not in owner.get(path).text


def test_two_owners_who_withdraw_each_other_leave_one(any_store: Store, keys: Keyring) -> None:
    with any_store.write() as db:
        studio = create_studio(db, "Harbor", timezone="Europe/Paris", currency="EUR", now=NOON)
        made = {"role": Role.OWNER, "studio_id": studio.id, "now": NOON}
        pair = [create_user(db, keys, name, f"{name}@example.com", **made).id for name in ("ana", "bo")]
    start, refused = threading.Barrier(2), []

    def take_away(user_id: int) -> None:
        start.wait()
        try:
            with any_store.write() as db:
                withdraw(db, studio.id, user_id, actor="user:0", now=NOON)
        except NotChanged as error:
            refused.append(str(error))

    threads = [threading.Thread(target=take_away, args=(user_id,)) for user_id in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    with any_store.read() as db:
        assert db.scalar(select(func.count()).select_from(Membership)) == 1


def test_a_refused_invitation_keeps_what_was_typed_and_says_why_at_its_field(
    owner: FlaskClient, seeded: Seeded
) -> None:
    form = {"name": "Bea Lund", "address": "bea at example", "role": "readonly"}
    answer = owner.post(f"/studios/{seeded.studio_id}/people/invite", data=form)
    assert answer.status_code == 422
    (name,), (address,) = (re.findall(f'<input id="{field}"[^>]*>', answer.text) for field in ("name", "address"))
    assert 'value="Bea Lund"' in name
    assert "aria-invalid" not in name
    assert 'value="bea at example"' in address
    assert 'aria-describedby="address-help address-error" aria-invalid="true" autofocus' in address
    assert '<p class="error" id="address-error">That is no e-mail address.</p>' in answer.text
    assert re.search(r'<option value="readonly" selected>', answer.text.partition('id="invite"')[2])


def test_of_two_who_accept_at_once_one_joins(any_store: Store, keys: Keyring) -> None:
    with any_store.write() as db:
        studio = create_studio(db, "Harbor", timezone="Europe/Paris", currency="EUR", now=NOON)
        to = {"role": Role.READONLY, "studio_id": studio.id, "actor": "operator", "now": NOON}
        token = invite(db, keys, " Bea  Lund ", "bea@example.com", **to)
        found = look_up(db, keys, token, NOON)
        assert found is not None
        assert found.name == "Bea Lund"
        address = db.scalars(select(EmailAddress)).one().address or b""
        assert b"bea" not in address
    start, joined = threading.Barrier(2), []

    def take() -> None:
        start.wait()
        with any_store.write() as db:
            joined.append(accept(db, keys, token, None, NOON))

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(user is not None for user in joined) == [False, True]
    with any_store.write() as db:
        assert db.scalar(select(func.count()).select_from(User)) == 1
        change_role(db, studio.id, db.scalars(select(User.id)).one(), Role.SUPPORT, actor="user:0", now=NOON)
        assert [one.role for one in db.scalars(select(Membership))] == [Role.SUPPORT]
        assert db.get_one(Studio, studio.id).name == "Harbor"

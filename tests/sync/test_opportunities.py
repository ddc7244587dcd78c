"""Opportunities on the road: made after deciding, accepted into effect, never beyond the card, taken away when over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.smarttools import opportunities
from adapter.steering.opportunities import AnswerRefused, answer
from adapter.store.opportunities import Card, answered_cards, brought, open_cards
from adapter.store.overrides import keep_override
from adapter.store.settings import change_settings
from adapter.store.tables import (
    Audit,
    Decision,
    Opportunity,
    OpportunityState,
    Override,
    OverrideKind,
    PushMode,
    Reservation,
    RunKind,
    Scope,
    Session,
    SourceMapping,
)
from connectors.records import BookingTime, Channel, Outcome
from tests.fixtures.sandbox import LiveSandbox
from tests.fixtures.studio import mirrored as mirrored_row
from tests.sync.conftest import Kept, Road, done


@dataclass
class Desk:
    """The studio's side of the road."""

    road: Road

    @property
    def studio_id(self) -> int:
        return self.road.connection.studio_id

    @property
    def cards(self) -> list[Card]:
        with self.road.ctx.store.read() as db:
            return open_cards(db, self.studio_id, self.road.ctx.now())

    def say(self, card: Card, given: str, reason: str = "as we know our clients") -> None:
        with self.road.ctx.store.write() as db:
            db.add(card.row)
            answer(db, card, given, reason=reason, actor="user:1", now=self.road.ctx.now())

    def exclude(self, excluded: bool = True) -> None:
        with self.road.ctx.store.write() as db:
            given = {"excluded": excluded}
            change_settings(db, self.studio_id, Scope.STUDIO, 0, given, actor="user:1", now=self.road.ctx.now())

    def decide(self) -> dict[int, Decision]:
        done(self.road.do(RunKind.DECIDE))
        return self.road.latest()


@pytest.fixture
def desk(mirrored: Road, kept: Kept) -> Desk:
    """A studio that is live, decided by the plain rule, and then lists nothing by its own setting."""
    desk = Desk(mirrored)

    def leave_out() -> None:
        mirrored.go_live()
        desk.decide()
        desk.exclude()
        desk.decide()

    kept("left out", leave_out)
    return desk


def test_what_the_studio_left_out_is_asked_about_and_never_more_than_would_be_listed(desk: Desk) -> None:
    listed = {row.session_id: row.spots for row in desk.road.all(Decision, Decision.sequence == 1)}
    cards = desk.cards
    assert len(cards) > 1
    assert all(0 < card.row.add <= listed[card.session.id] <= card.row.open for card in cards)
    assert {card.row.cause for card in cards} == {"excluded"}
    assert [card.revenue for card in cards] == sorted((card.revenue for card in cards), reverse=True)
    assert all(card.revenue_low <= card.revenue <= card.revenue_high for card in cards)


def test_accepting_lists_that_many_and_no_more_and_is_audited(desk: Desk) -> None:
    card, other = desk.cards[:2]
    desk.say(card, "accept")
    after = desk.decide()
    assert after[card.session.id].spots == card.row.add
    assert after[card.session.id].rate == card.row.rate
    assert after[other.session.id].spots == 0
    assert [push.wanted["limit"] for push in desk.road.pushes() if push.session_id == card.session.id][-1] >= (
        card.row.add
    )
    (line,) = desk.road.all(Audit, Audit.act == "opportunity.accepted")
    assert (line.before["spots"], line.after["spots"]) == (0, card.row.add)
    assert line.after["reason"] == "as we know our clients"
    assert card.session.id not in {each.session.id for each in desk.cards}
    desk.say(card, "dismiss")  # until it starts, an acceptance can be taken back
    assert desk.decide()[card.session.id].spots == 0


@pytest.mark.parametrize("kind", [OverrideKind.BLACKOUT, OverrideKind.SPOTS])
def test_what_was_set_by_hand_is_asked_about_too(desk: Desk, kind: OverrideKind) -> None:
    desk.exclude(False)
    road, now = desk.road, desk.road.ctx.now()
    with road.ctx.store.write() as db:
        spots = 0 if kind is OverrideKind.SPOTS else None
        said = {"reason": "an event", "actor": "user:1", "created_at": now}
        over = {"scope": Scope.STUDIO, "scope_id": 0, "starts_at": now, "ends_at": now + timedelta(days=13)}
        keep_override(db, Override(studio_id=desk.studio_id, kind=kind, spots=spots, **over, **said))
    desk.decide()
    card = desk.cards[0]
    assert card.row.cause == {OverrideKind.BLACKOUT: "blackout", OverrideKind.SPOTS: "by_hand"}[kind]
    desk.say(card, "accept")
    after = desk.decide()
    assert after[card.session.id].spots == card.row.add
    assert all(after[other.session.id].spots == 0 for other in desk.cards)


def test_what_direct_clients_need_goes_first_though_more_was_accepted(desk: Desk, sandbox: LiveSandbox) -> None:
    card = max(desk.cards, key=lambda card: card.row.add)
    desk.say(card, "accept")
    before = desk.decide()[card.session.id].spots
    for client in list(sandbox.site.clients)[: card.row.open - 1]:
        sandbox.world.book(1001, int(card.session.external_id), client)
    done(desk.road.do(RunKind.PULL))
    assert desk.decide()[card.session.id].spots <= 1 < before


def test_a_dismissed_card_is_not_asked_again_and_a_snoozed_one_later(desk: Desk, sandbox: LiveSandbox) -> None:
    gone, later = sorted(desk.cards, key=lambda card: card.session.starts_at)[:2]
    desk.say(gone, "dismiss")
    desk.say(later, "snooze")
    desk.decide()
    assert not {gone.session.id, later.session.id} & {card.session.id for card in desk.cards}
    sandbox.tick(hours=25)
    assert later.session.starts_at > desk.road.ctx.now() < gone.session.starts_at
    desk.road.set(last_pulled_at=desk.road.ctx.now())
    desk.decide()
    assert gone.session.id not in {card.session.id for card in desk.cards}
    assert later.session.id in {card.session.id for card in desk.cards}
    for refused, how in ((gone, "accept"), (gone, "snooze"), (later, "take"), (later, "accept")):
        with pytest.raises(AnswerRefused):
            desk.say(refused, how, reason="" if how == "accept" else "why not")


def test_premium_is_asked_about_where_it_was_not_chosen_and_accepting_chooses_it_for_that_class(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PR-01."""
    monkeypatch.setattr(opportunities, "LEAST_FILLS", 0.0)  # this market is small
    desk.exclude(False)
    desk.road.agree(displacement_weight=6.0)
    done(desk.road.do(RunKind.TRAIN))
    desk.decide()
    card = next(card for card in desk.cards if card.row.cause == "premium")
    before = desk.road.latest()[card.session.id]
    assert card.row.rate > before.rate
    desk.say(card, "accept")
    after = desk.decide()[card.session.id]
    assert (after.spots, after.premium_spots, after.premium_rate) == (before.spots, card.row.add, card.row.rate)
    desk.say(card, "dismiss")
    assert desk.decide()[card.session.id].premium_spots == 0


def test_in_shadow_it_is_told_but_only_switching_on_takes_effect(desk: Desk) -> None:
    desk.exclude(False)
    desk.road.set(push_mode=PushMode.SHADOW)
    desk.decide()
    desk.decide()  # what was listed is withdrawn first
    card = desk.cards[0]
    assert card.row.cause == "shadow"
    with pytest.raises(AnswerRefused, match="switch pushing on"):
        desk.say(card, "accept")


def test_cards_go_when_they_no_longer_hold(desk: Desk, sandbox: LiveSandbox) -> None:
    with desk.road.ctx.store.write() as db:
        waiting = db.get_one(Session, desk.cards[0].session.id)
        waiting.waitlisted, waiting.roster_mark, waiting.roster_read_at = 2, None, desk.road.ctx.now()
        number = waiting.id
    desk.decide()
    assert number not in {card.session.id for card in desk.cards}  # direct clients wait (SS-17)
    desk.exclude(False)
    desk.decide()
    assert desk.road.all(Opportunity) == []


def _book(db: Db, session: Session, card: Card, count: int) -> Decimal:
    """Marketplace reservations at the card's rate; what they pay together."""
    source = db.scalar(select(SourceMapping.source).where(SourceMapping.channel == Channel.MARKETPLACE).limit(1))
    for number in range(count):
        row = mirrored_row(session.connection_id, f"sold-{number}")
        booked = {"booked_at": card.row.answered_at, "booked_at_source": BookingTime.PLATFORM, "rate": card.row.rate}
        db.add(
            Reservation(**row, **booked, session_id=session.external_id, source=source, outcome=Outcome.BOOKED, seats=1)
        )
    return card.row.rate * count


def test_what_it_really_brought_is_told_afterwards(desk: Desk, sandbox: LiveSandbox) -> None:
    card = desk.cards[0]
    desk.say(card, "accept")
    desk.decide()
    with desk.road.ctx.store.write() as db:
        session = db.get_one(Session, card.session.id)
        sold = _book(db, session, card, 3)
    with desk.road.ctx.store.read() as db:
        assert brought(db, desk.studio_id, card.session.starts_at) == []
        (told,) = brought(db, desk.studio_id, card.session.starts_at + timedelta(hours=3))
        assert answered_cards(db, desk.studio_id, desk.road.ctx.now())[0].row.state is OpportunityState.ACCEPTED
    assert (told.reservations, told.revenue) == (3, sold)
    assert told.as_expected == (card.row.fills_low <= 3 <= card.row.fills_high)

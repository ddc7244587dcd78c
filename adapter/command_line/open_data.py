"""``adapter open-data`` and ``adapter actions-center``: what of a studio is public, and the files for Google."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click
from sqlalchemy.orm import Session as Db

from adapter.command_line.asking import ACTOR, json_option, studio_named
from adapter.command_line.printing import as_json, as_list
from adapter.context import Context
from adapter.marketplace.actions_center import AHEAD, feeds
from adapter.marketplace.activities import ACTIVITIES
from adapter.marketplace.agreeing import (
    ADDRESS,
    PublishRefused,
    agree_to_publish,
    place_venue,
    stop_publishing,
    word_class,
)
from adapter.marketplace.openactive import PATH
from adapter.marketplace.published import published
from adapter.marketplace.publishing import on_offer, publish
from adapter.store.tables import Publisher


@click.command("open-data")
@click.argument("studio", type=int)
@click.option("--publish", "organizer", metavar="NAME", help="Publish what is on offer, under this name; with --url.")
@click.option("--url", help="The studio's own public page.")
@click.option("--stop", is_flag=True, help="Publish nothing any more: what was is told to be deleted.")
@click.option(
    "--venue",
    type=(int, str, str, str, str, str),
    metavar="N STREET LOCALITY REGION POSTCODE COUNTRY",
    multiple=True,
    help="Where a venue is.",
)
@click.option("--class", "classes", type=(int, str), metavar="N ACTIVITY", multiple=True, help="What a class type is.")
@click.option("--by", default=ACTOR, metavar="NAME", help="Who decides it.")
@json_option
@click.pass_obj
def open_data(
    context: Context,
    studio: int,
    organizer: str | None,
    url: str | None,
    stop: bool,
    venue: tuple[tuple[int, str, str, str, str, str], ...],
    classes: tuple[tuple[int, str], ...],
    by: str,
    json_wanted: bool,
) -> None:
    """Publish what a STUDIO has on offer as open data (off by default), or say what is published and what lacks."""
    if (organizer is None) != (url is None) or (stop and organizer is not None):
        raise click.UsageError("--publish and --url go together, and not with --stop.")
    now = context.now()
    with context.store.write() as db:
        studio_named(db, studio)
        try:
            for number, *address in venue:
                place_venue(db, studio, number, dict(zip(ADDRESS, address, strict=True)), actor=by, now=now)
            for number, activity in classes:
                word_class(db, studio, number, activity, actor=by, now=now)
            if organizer is not None and url is not None:
                agree_to_publish(db, studio, organizer, url, actor=by, now=now)
        except PublishRefused as error:
            raise click.ClickException(str(error)) from error
        if stop:
            stop_publishing(db, studio, actor=by, now=now)
        publish(db, now)
    with context.store.read() as db:
        told = _told(db, context, studio)
    if json_wanted:
        as_json(told)
    else:
        as_list(_plain(told))


@click.command("actions-center")
@click.argument("studio", type=int)
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where to write.")
@json_option
@click.pass_obj
def actions_center(context: Context, studio: int, folder: Path, json_wanted: bool) -> None:
    """Write a STUDIO's merchants, services and availability as the feed files of Google's Actions Center."""
    now = context.now()
    with context.store.read() as db:
        studio_named(db, studio)
        publisher = db.get(Publisher, studio)
        if publisher is None:
            raise click.ClickException(f"Studio {studio} publishes nothing: see `adapter open-data {studio} --help`.")
        written = feeds(publisher, on_offer(db, studio, now, now + AHEAD), now)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in written.items():
        half = folder / f".{name}.json.new"
        half.write_text(json.dumps(content, indent=1), encoding="utf-8")
        half.replace(folder / f"{name}.json")
    slots = written["availability"]["service_availability"][0]["availability"]
    told = {"classes": len(slots), "files": [str(folder / f"{name}.json") for name in written]}
    if json_wanted:
        as_json(told)
    else:
        as_list(_plain(told))


def _plain(told: Mapping[str, object]) -> dict[str, object]:
    """For people: lists as they write them."""
    return {name: ", ".join(value) if isinstance(value, list) else value for name, value in told.items()}


def _told(db: Db, context: Context, studio: int) -> dict[str, object]:
    """What is public, and what has to be said for the rest to be."""
    stands = published(db, studio, context.now())
    publisher = stands.publisher
    return {
        "published since": None if publisher is None else publisher.since,
        "as": None if publisher is None else publisher.organizer,
        "feed": None if publisher is None else context.config.public_url + PATH,
        "classes on offer": stands.classes,
        "venues without an address": [f"{row.id} {row.name}" for row in stands.unplaced],
        "class types without an activity": [f"{row.id} {row.name}" for row in stands.unworded],
        "activities": sorted(ACTIVITIES) if stands.unworded else [],
    }


COMMANDS: tuple[click.Command, ...] = (open_data, actions_center)

"""What the demo tells: a progress bar while a run goes on, and lines that people understand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from adapter.context import Context
from adapter.store.tables import Run, RunState

LOOK_EVERY = 0.2  # seconds between looks at the run's row


class Teller:
    """Says what happens, on stderr: stdout belongs to the result."""

    def __init__(self, quiet: bool) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False)

    def did(self, text: str) -> None:
        """Something is done."""
        self.console.print(f"[green]✔[/green] {text}", soft_wrap=True)

    def note(self, text: str) -> None:
        """A further line to what was done: not broken into several, so that a command in it can be copied."""
        self.console.print(f"  [dim]{text}[/dim]", soft_wrap=True)

    @contextmanager
    def watching(self, context: Context, what: str) -> Iterator[None]:
        """A progress bar that follows the run at work, for as long as the block takes."""
        columns = (
            TextColumn("  {task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as bar:
            task = bar.add_task(what, total=None, count="")
            with _repeating(lambda: _show(context, bar, task, what)):
                yield


def _show(context: Context, bar: Progress, task: TaskID, what: str) -> None:
    with context.store.read() as db:
        run = db.scalars(select(Run).where(Run.state == RunState.RUNNING).order_by(Run.id.desc())).first()
    if run is None:
        return
    count = f"{run.done:,} of {run.total:,}" if run.total else ""
    bar.update(task, description=run.step or what, completed=run.done, total=run.total, count=count)


@contextmanager
def _repeating(act: Callable[[], None]) -> Iterator[None]:
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(LOOK_EVERY):
            act()

    thread = threading.Thread(target=repeat, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()

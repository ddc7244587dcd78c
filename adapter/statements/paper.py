"""A statement as a file of paper. It says the same as the JSON, which alone is signed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fpdf import FPDF

from adapter.showing.counting import counted
from adapter.statements.exports import COLUMNS
from adapter.store.tables import GuaranteeStatement

ON_PAPER = COLUMNS[:-1]  # the hash of the record is too long for a sheet; it is in the other two
WIDTHS = (44, 34, 20, 38, 20, 26, 24, 18, 22, 18, 14)  # millimetres, landscape
TOTALS = ("lost_revenue", "incremental", "payment", "method", "net_payment")
DATES = ("status", "start_date", "last_day", "due_date", "paid_qualifying")
PLAINER = str.maketrans({"–": "-", "—": "-", "…": "...", "’": "'", "“": '"', "”": '"'})
SMALL, LINE = 8, 5  # points, millimetres

Body = dict[str, Any]


def as_pdf(row: GuaranteeStatement, studio: str) -> bytes:
    """The whole statement on paper, with what proves the signed file."""
    sheet = _Sheet(row)
    sheet.heading(f"Revenue Guarantee: {studio}")
    kind = "final" if row.final else "provisional"
    sheet.say(f"Version {row.version}, {kind}, made {row.made_at:%Y-%m-%d %H:%M} UTC, terms of {row.body['terms']}")
    for title, rows in _parts(row):
        sheet.heading(title, size=12)
        for name, value in rows:
            sheet.fact(name, value)
    sheet.heading("Lines", size=12)
    sheet.lines(row.body["lines"])
    return bytes(sheet.output())


def _parts(row: GuaranteeStatement) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    body = row.body
    yield "Period", [(name, body[name]) for name in DATES]
    revenue = [(f"ClassPass Revenue, {name}", amount) for name, amount in body["classpass_revenue"].items()]
    yield f"Money, in {body['currency']}", revenue + [(name, body[name]) for name in TOTALS]
    unknown, excluded = body["unattributable"], body["excluded_free_only"]
    yield (
        "Beside the money",
        [
            ("Nobody known", f"{unknown['reservations']} reservations, {unknown['max_exposure']} at most"),
            ("Left out as free-only", f"{excluded['reservations']} reservations, {excluded['lost_revenue']}"),
        ],
    )
    if body["blocked_by"]:
        yield "Blocked by", [(missing["fact"], missing["about"]) for missing in body["blocked_by"]]
    yield "Requirements", [(judged["requirement"], _held(judged)) for judged in body["eligibility"]]
    yield "How the terms are read", list(body["readings"].items())
    yield "Read otherwise", [(f"{other['reading']}: {other['value']}", _flip(other)) for other in body["alternatives"]]
    yield "Warnings", [(warning["code"], warning["message"]) for warning in body["warnings"]]
    if row.changes:
        told = [(change["path"], f"{change['before']} -> {change['after']}") for change in row.changes]
        yield "What changed since the version before", told


def _held(judged: Body) -> str:
    gaps = counted(len(judged["gaps"]), "1 gap", "{} gaps")
    return "held" if judged["held"] else "waived" if judged["waived"] else f"not held: {gaps}"


def _flip(other: Body) -> str:
    revenue = other["classpass_revenue"]["total"]
    return (
        f"{other['lines_changed']} lines; ClassPass Revenue {revenue}, Lost Revenue {other['lost_revenue']}, "
        f"payment {other['payment']}"
    )


class _Sheet(FPDF):
    """Landscape pages, with the proof at the foot of each."""

    def __init__(self, row: GuaranteeStatement) -> None:
        super().__init__(orientation="landscape", format="A4")
        self._row = row
        self.set_creation_date(row.made_at)
        self.set_title(f"Revenue Guarantee, version {row.version}")
        self.set_auto_page_break(True, margin=18)
        self.add_page()

    def footer(self) -> None:
        """What proves the signed file that this was printed from."""
        self.set_y(-14)
        self.set_font("helvetica", size=6)
        row = self._row
        proof = f"SHA-256 {row.digest}   Ed25519 {row.signature}   key {row.public_key}"
        self.cell(0, 3, f"{proof}   page {self.page_no()}")

    def heading(self, text: str, size: int = 16) -> None:
        """A heading on a line of its own."""
        self.ln(LINE / 2)
        self.set_font("helvetica", style="B", size=size)
        self.cell(0, size / 2, _printable(text), new_x="LMARGIN", new_y="NEXT")

    def say(self, text: str) -> None:
        """A sentence."""
        self.set_font("helvetica", size=SMALL + 1)
        self.multi_cell(0, LINE, _printable(text), new_x="LMARGIN", new_y="NEXT")

    def fact(self, name: str, value: Any) -> None:
        """A name and what it is."""
        self.set_font("helvetica", size=SMALL + 1)
        self.cell(70, LINE, _printable(name.replace("_", " ")))
        self.multi_cell(0, LINE, _printable(_told(value)), new_x="LMARGIN", new_y="NEXT")

    def lines(self, lines: list[Body]) -> None:
        """A row for each line of the statement."""
        self._row_of([column.replace("_", " ") for column in ON_PAPER], style="B")
        for line in lines:
            self._row_of([_told(line[column]) for column in ON_PAPER])

    def _row_of(self, cells: list[str], style: Any = "") -> None:
        self.set_font("helvetica", style=style, size=SMALL - 1)
        for width, text in zip(WIDTHS, cells, strict=True):
            self.cell(width, LINE - 1, _printable(text)[: width // 1])
        self.ln(LINE - 1)


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def _printable(text: str) -> str:
    """The printer's own letters are Latin-1; others are shown as question marks, the JSON has them all."""
    return text.translate(PLAINER).encode("latin-1", "replace").decode("latin-1")

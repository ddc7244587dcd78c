"""Of all that was found, the one thing that explains the rest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from adapter.diagnosis.facts import Facts
from adapter.diagnosis.steps import STEPS, Cause, Finding, Verdict

_ORDER = list(Cause)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The findings in the order walked, and the one that names the cause; None: nothing is wrong."""

    facts: Facts
    findings: Sequence[Finding]
    main: Finding | None

    @property
    def words(self) -> str:
        """The cause in one sentence."""
        if self.main is None:
            return "Nothing is wrong: it is read, and what is read is up to date."
        worse = self.main.verdict is Verdict.WRONG
        return f"{self.main.seen}." if worse else f"It syncs. Worth knowing: {self.main.seen}."


def diagnose(facts: Facts) -> Diagnosis:
    """Walk the whole chain and name the cause: the deepest of what is broken, else of what is worth knowing."""
    findings = [look(facts) for look in STEPS.values()]
    return Diagnosis(facts, findings, _deepest(findings, Verdict.WRONG) or _deepest(findings, Verdict.WORTH_KNOWING))


def told(found: Diagnosis) -> dict[str, Any]:
    """A diagnosis as JSON has it."""
    main = found.main
    return {
        "well": main is None or main.verdict is not Verdict.WRONG,
        "cause": main.cause if main else None,
        "words": found.words,
        "todo": main.todo if main else "",
        "findings": [asdict(each) for each in found.findings],
    }


def _deepest(findings: Sequence[Finding], verdict: Verdict) -> Finding | None:
    found = [(_ORDER.index(each.cause), each) for each in findings if each.cause and each.verdict is verdict]
    return min(found, key=lambda pair: pair[0])[1] if found else None

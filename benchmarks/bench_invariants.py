"""The guarantee's drawn cases, fifty times as many as a test run draws: the invariants, and the rules said twice."""

from __future__ import annotations

import os
import sys
import time

import pytest

TIMES = 50
TESTS = ("tests/adapter/guarantee/test_invariants.py", "tests/adapter/guarantee/test_refused.py")


def main() -> int:
    """Run them; 0 where every one of them held."""
    os.environ["THOROUGH"] = str(TIMES)
    began = time.perf_counter()
    failed = pytest.main(["-q", "-n", "0", "-p", "no:randomly", *TESTS])
    print(f"invariants: {TIMES} times the drawn cases of a test run, {time.perf_counter() - began:.0f} s")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

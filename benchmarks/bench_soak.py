"""Sync loses nothing: studios live for simulated days while everything goes wrong; after it the mirror is the platform.

Bounded by default; ``--full`` is 200 studios for a week.
Run: python benchmarks/bench_soak.py [--full] [--engine embedded]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the soak in a process of its own, from the repository's root."""
    command = [sys.executable, "-m", "benchmarks.soak", *sys.argv[1:]]
    return subprocess.run(command, cwd=Path(__file__).parents[1], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

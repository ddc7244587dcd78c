"""The whole main job against its limit: 90 seconds from a started process to offers that are pushed and read back.

Prints the seconds, the counts, and the share of the limit that was used. Run: python benchmarks/bench_demo.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 90.0  # seconds


def main() -> int:
    """Run the demo once in an empty instance folder; 0 where it stays under the limit."""
    adapter = Path(sys.executable).with_name("adapter")
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        ended = subprocess.run(
            [adapter, "demo", "--once", "--json", "--port", "0"],
            env={"PATH": "/usr/bin:/bin", "ADAPTER_INSTANCE": folder},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - began
    if ended.returncode:
        print(ended.stderr, file=sys.stderr)
        return 1
    print(json.dumps(json.loads(ended.stdout)))
    print(f"demo: {seconds:.1f} s of {LIMIT:.0f} s allowed, ratio {seconds / LIMIT:.2f} (must stay below 1)")
    return 0 if seconds < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())

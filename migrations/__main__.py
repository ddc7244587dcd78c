"""``python -m migrations "Say what changes"`` writes the next revision: what the tables declare and head lacks."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from adapter.store.database import Store
from migrations.run import revise, upgrade


def main(message: str) -> None:
    """Compare the tables with an empty database brought to head."""
    with TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'adapter.db'}")
        upgrade(store)
        revise(store, message)
        store.close()


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))

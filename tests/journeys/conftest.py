"""The road's fixtures, for journeys that walk it."""

from tests.sync.conftest import kept, mirrored, road

__all__ = ["kept", "mirrored", "road"]

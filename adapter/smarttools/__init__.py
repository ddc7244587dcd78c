"""SmartSpot and SmartRate: facts in, a decision with its reasons out. See ``tools.SmartTools``."""

from adapter.smarttools.frames import BadTable
from adapter.smarttools.persistence import BadModel
from adapter.smarttools.tools import SmartTools

__all__ = ["BadModel", "BadTable", "SmartTools"]

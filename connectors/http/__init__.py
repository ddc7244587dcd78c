"""The one HTTP door to a platform. Only connectors.oauth speaks HTTP besides, through ``mount_guard``.

door.py the door · patience.py how often, how long · guard.py where we may connect to · answers.py what an answer means
"""

from connectors.http.door import HttpDoor, mount_guard, open_door

__all__ = ["HttpDoor", "mount_guard", "open_door"]

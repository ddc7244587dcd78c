"""The one HTTP door to a platform. Only connectors.oauth speaks HTTP besides, through ``mount_guard``.

door.py the door · patience.py how often, how long · guard.py where we may connect to · answers.py what an answer means
timely.py a head that drips · knocking.py our own address, asked as a platform asks it · posting.py one message to
somebody who is no platform
"""

from connectors.http.door import DirectSession, HttpDoor, mount_guard, next_part, open_door
from connectors.http.knocking import head
from connectors.http.posting import post

__all__ = ["DirectSession", "HttpDoor", "head", "mount_guard", "next_part", "open_door", "post"]

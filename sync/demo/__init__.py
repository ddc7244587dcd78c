"""The main job, end to end, as a newcomer sees it: everything real, on this machine, with one command.

command      the command line and the order of the acts
sandbox      the sandbox platform as a process of its own
browser      a browser without a screen, which signs in and consents as the owner would
telling      progress bars and the lines people read
"""

from sync.demo.command import COMMANDS

__all__ = ["COMMANDS"]

"""The road between the platforms and us, in small restartable steps, in the order of the data.

pulling    a platform's pages become rows, with a cursor
events     what a platform tells by itself: where to look
deciding   what changed becomes decisions, each with its reasons and its place in the outbox
pushing    the outbox is worked off, read back, compared
engine     who does all this, when, and how often it is tried
"""

"""Whether the marketplace brings more than it takes, proved by a randomised holdout instead of believed. Pure.

`assignment` draws which classes list nothing in which week; `readout` compares them with the others; `displacement`
says for each class how likely its marketplace reservations turned direct clients away.
"""

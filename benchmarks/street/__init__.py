"""A street of studios, simulated from assumptions of its own, to judge SmartTools by as an outside team would.

Nothing here is taken from SmartTools, nor from the other simulators beside it: demand, booking curves, marketplace
users and what they would pay are drawn from the distributions that ``kinds`` and ``draw`` state.
"""

"""A market in steps of three hours, made up from assumptions of its own, to measure SmartTools as an outsider would.

In every step the policy decides, then marketplace users look, then direct clients come, then bookings are cancelled.
Demand, booking curves and what users would pay are those that ``kinds``, ``draw`` and ``willing`` state; how people
book and what the rules are is shared with ``benchmarks.street``.
"""

"""The interface sentence by sentence: cases thought of from the text alone, their results worked out by hand.

Each builds on a studio whose period is 10 March to 7 June 2025, everything settled, a drop-in at 20.00, policy 12 h.
"""

"""Guarantee statements of a studio: from the mirror to the case, made, kept, signed, exported.

`adapter.guarantee` knows what the facts mean; here they are gathered, and what it says is kept.
"""

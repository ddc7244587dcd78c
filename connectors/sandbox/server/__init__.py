"""A booking platform on this machine: Mindbody's dialect, an OAuth server, webhooks and faults over a living market.

The one part of the connectors with Flask in it; nothing imports it but tests and ``python -m``.
"""

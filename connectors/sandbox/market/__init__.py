"""A living market: booking platforms' studios, their clients and a marketplace's users, simulated.

Pure: numpy and the standard library. No HTTP, no web framework, and nothing of the adapter: the sandbox's server
renders what is here in a platform's dialect.
"""

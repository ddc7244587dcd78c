"""Our side: the store, the decisions, the guarantee, the marketplace, the API and the pages."""

__version__ = "0.1.0"

"""A second platform over the same market: one address for each brand, JSON:API, Mariana Tek's dialect.

access    whose brand, and who asks
wire      pages by number, refusals as a map from field to messages, times in UTC
shapes    the records as resources
reads     the lists
writes    guests' reservations, and what the pricing engine sends
routes    all of it, under ``/brands/<brand>``, with an authorization server of the brand's own
"""

from connectors.sandbox.server.brands.routes import brand_routes

__all__ = ["brand_routes"]

"""Made-up markets whose truth is known: what a policy earns can be set against the best that could be earned."""

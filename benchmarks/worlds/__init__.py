"""Made-up markets whose truth is known: what a policy earns in them can be set against the best that could be earned."""

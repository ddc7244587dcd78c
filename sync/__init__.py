"""The road between the platforms and us: small restartable steps."""

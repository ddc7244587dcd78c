"""From decisions to the platform: the outbox, sending, reading back, drift, the breaker, giving back."""

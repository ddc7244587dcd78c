"""From the mirror to decisions: candidates, the model, our limits, what changed; training; the day's statement."""

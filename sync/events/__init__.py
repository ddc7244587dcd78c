"""What platforms tell us by themselves: the subscription, the inbox, looking where a message points."""

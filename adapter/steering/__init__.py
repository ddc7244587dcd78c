"""What people change: settings, what is pushed, what is asked for; each checked, in the audit log, carried out."""

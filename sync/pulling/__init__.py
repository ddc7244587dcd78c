"""From a platform into the mirror: what is read when, page by page, and what was asked for again."""

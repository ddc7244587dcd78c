"""Tables and queries, a module per topic. Everything that touches the database goes through here."""

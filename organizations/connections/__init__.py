"""Makes, lists and revokes the connections of systems, and issues and checks their tokens."""

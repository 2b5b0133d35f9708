"""What an organization has, as other systems register it: who owns what, by type and key."""

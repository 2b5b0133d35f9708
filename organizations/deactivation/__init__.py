"""Members are deactivated and reactivated: they keep what they hold, and it works again later."""

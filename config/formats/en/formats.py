"""How pages write what Django writes otherwise."""

DATETIME_FORMAT = "N j, Y, P T"  # with its zone

"""What is raised when the database cannot do its work for now, and another time may."""

from django.db import InterfaceError, InternalError, OperationalError

# Gone, overloaded or in a deadlock; closed under our hands; read-only since a failover, or a
# transaction that took too long.
FAILURES = (OperationalError, InterfaceError, InternalError)

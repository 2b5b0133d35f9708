"""The columns of records that say who did something, and through what."""

from config.admin.columns import column


class RecordColumns:
    """The columns of a record about who did it, and through what."""

    through = column("source", "Through")
    system = column("connection", "System")
    request_id = column("trace_id", "Request")

"""Why a person's data is not erased."""


class ErasureRefusedError(Exception):
    """An account that cannot be erased, or not by this actor; the text says why."""

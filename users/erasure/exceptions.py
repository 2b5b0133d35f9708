"""The refusal of an erasure."""


class ErasureRefusedError(Exception):
    """The account cannot be erased, or not by this actor; the text says why."""

"""Errors that stop a command before it changes anything."""


class CannotStartError(Exception):
    """Something that the call names does not exist or cannot be used."""


class BadInputError(CannotStartError):
    """Rows are malformed or contradict each other; the message names their position."""

    def __init__(self, position: str, problem: str) -> None:
        super().__init__(f"The input cannot be used: {position}: {problem}.")

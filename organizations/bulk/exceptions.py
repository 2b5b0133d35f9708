"""Why a command does not begin; nothing has changed then."""


class CannotStartError(Exception):
    """Something that the call names does not exist or cannot be used."""


class BadInputError(CannotStartError):
    """Rows that are malformed or contradict each other; names the position."""

    def __init__(self, position: str, problem: str) -> None:
        super().__init__(f"The input cannot be used: {position}: {problem}.")

"""Why a bulk removal does not begin: everything is as it was."""


class CannotStartError(Exception):
    """Something that the call names is not there or cannot be used."""


class BadInputError(CannotStartError):
    """Rows that cannot be meant as they are, and the position where that shows."""

    def __init__(self, position: str, problem: str) -> None:
        super().__init__(f"The input cannot be used: {position}: {problem}.")

"""The option and the errors of the commands that set mail domains."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from organizations.exceptions import DomainTakenError


def add_shared_argument(parser: CommandParser) -> None:
    """Declare ``--shared``."""
    parser.add_argument(
        "--shared",
        action="store_true",
        help=(
            "Set also a domain that another organization has. Either's directory can then make"
            " accounts of it, and rename those that it made."
        ),
    )


@contextmanager
def explained_refusals() -> Iterator[None]:
    """Raise CommandError for refused domains: which, why, and what to do."""
    try:
        yield
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    except DomainTakenError as refusal:
        raise CommandError(f"{refusal} To set it nevertheless, add --shared.") from refusal

"""Which e-mail addresses are a person's."""

from dataclasses import dataclass
from typing import Self

from users.models import FormerAddress, User


@dataclass(frozen=True, slots=True)
class Addresses:
    """The canonical addresses of an account: the present one, and those it had before.

    ``passed_on`` are former ones that another account has, or had later. They are that person's:
    where they are written nobody is meant but them.
    """

    present: str
    former: tuple[str, ...]
    passed_on: tuple[str, ...]

    @classmethod
    def of(cls, account: User) -> Self:
        """Return the addresses of an account."""
        former = FormerAddress.objects.of(account).exclude(address=account.email)
        in_order = former.order_by("had_until", "pk")
        return cls(
            account.email,
            tuple(each.address for each in in_order.kept()),
            tuple(each.address for each in in_order.passed_on()),
        )

    @property
    def theirs(self) -> frozenset[str]:
        """Return the addresses that are this person's and nobody else's."""
        return frozenset({self.present, *self.former})

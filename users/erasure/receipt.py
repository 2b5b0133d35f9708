"""What an erasure did, for whoever has to prove it; none of it is the person's data."""

from dataclasses import dataclass
from typing import Any

from config.timestamps import in_whole_seconds
from users.models import User


@dataclass(frozen=True, slots=True)
class Item:
    """Some of what was emptied, or of what stays and why; with the ids of records."""

    what: str
    count: int
    why: str = ""
    record_ids: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the item for JSON, without what it does not have."""
        optional = {"why": self.why, "record_ids": list(self.record_ids)}
        return {"what": self.what, "count": self.count, **{k: v for k, v in optional.items() if v}}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was emptied, what stays and why, when and by whom (None: the command)."""

    account: User
    actor: User | None
    emptied: tuple[Item, ...]
    stays: tuple[Item, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt for JSON."""
        assert self.account.erased_at is not None  # noqa: S101 (whose it is, was erased)
        return {
            "account": self.account.pk,
            "erased_at": in_whole_seconds(self.account.erased_at),
            "erased_by": self.actor.pk if self.actor else "command",
            "emptied": [item.as_dict() for item in self.emptied],
            "stays": [item.as_dict() for item in self.stays],
        }


def some(*items: Item) -> tuple[Item, ...]:
    """Return the items whose count is not 0."""
    return tuple(item for item in items if item.count)

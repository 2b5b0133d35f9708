"""Erases a person's data; the account stays, empty and disabled."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.utils import timezone

from config.retries import retried
from config.timestamps import in_whole_seconds
from users.email_address import ERASED_DOMAIN
from users.erasure.log_entries import anonymize_log_entries, replace_in_entries
from users.erasure.plan import ErasurePlan, find_refusal
from users.erasure.reasons import empty_reasons
from users.erasure.rows import DELETED, delete_failed_logins, empty_messages
from users.erasure.texts import Texts
from users.models import User


class ErasureRefusedError(Exception):
    """The account cannot be erased, or not by this actor; the text says why."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a receipt: what was emptied, or what stays and why."""

    what: str
    count: int
    why: str = ""
    record_ids: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the item for JSON, without empty fields."""
        optional = {"why": self.why, "record_ids": list(self.record_ids)}
        return {"what": self.what, "count": self.count, **{k: v for k, v in optional.items() if v}}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an erasure emptied, what stays and why, and who did it (None: the command).

    It proves the erasure, and holds none of the person's data.
    """

    account: User
    actor: User | None
    emptied: tuple[Item, ...]
    stays: tuple[Item, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt for JSON."""
        assert self.account.erased_at is not None  # noqa: S101 (a receipt follows an erasure)
        return {
            "account": self.account.pk,
            "erased_at": in_whole_seconds(self.account.erased_at),
            "erased_by": self.actor.pk if self.actor else "command",
            "emptied": [item.as_dict() for item in self.emptied],
            "stays": [item.as_dict() for item in self.stays],
        }


@retried
def erase_account(user_id: str, *, actor: User | None, emptied: Collection[str] = ()) -> Receipt:
    """Erase all data of a person except ids and counts; return the receipt.

    ``emptied`` are the ids of records whose texts go; ids that the plan does not show to the actor
    are ignored. The account's sessions end, and it can neither log in nor be enabled again. Raises
    ErasureRefusedError.
    """
    with transaction.atomic():
        accounts = _lock(user_id, actor)
        if (account := accounts.get(user_id)) is None:
            raise ErasureRefusedError("There is no such account any more.")
        if actor is not None:
            actor = accounts.get(actor.pk, User(is_active=False))
        if refusal := find_refusal(account, actor=actor):
            raise ErasureRefusedError(refusal)
        plan = ErasurePlan.of(account, viewer=actor)
        addresses = plan.addresses.theirs
        reasons = _chosen(plan.reasons, emptied)
        mentions = _chosen(plan.mentions, emptied)
        deleted = [Item(rows.name, rows.delete(account)) for rows in DELETED]
        failed_logins = delete_failed_logins(addresses)
        messages = empty_messages(account)
        account.groups.clear()
        account.user_permissions.clear()
        _empty(account)
        entries = anonymize_log_entries(account)
        empty_reasons([*reasons, *mentions])
        replace_in_entries(mentions, addresses, by=account)
        return Receipt(
            account,
            actor,
            _present(
                Item("name, address, password and permissions", 1),
                *deleted,
                Item("failed logins", failed_logins),
                Item("messages of invitations", messages),
                Item("entries of the admin's log about them", entries),
                Item("reasons about them", len(reasons), record_ids=reasons),
                Item("others' texts with an address", len(mentions), record_ids=mentions),
            ),
            _stays(plan, emptied={*reasons, *mentions}),
        )


def _lock(user_id: str, actor: User | None) -> dict[str, User]:
    """Lock the account, and the actor FOR SHARE, in the order of their ids; return both by id.

    Additions of a membership and changes of the address wait for the account. Of two who erase each
    other, one waits, and is read as erased then. Others who write the actor's name do not wait.
    """
    accounts: dict[str, User] = {}
    for pk in sorted({user_id, actor.pk if actor else user_id}):
        strength = "UPDATE" if pk == user_id else "SHARE"  # which Django does not have
        sql = f"SELECT * FROM users_user WHERE id = %s FOR {strength}"  # noqa: S608 (our own text)
        accounts |= {row.pk: row for row in User.objects.raw(sql, [pk])}
    return accounts


def _chosen(texts: Texts, emptied: Collection[str]) -> tuple[str, ...]:
    """Return the ids of the chosen records among those that the actor may see."""
    return tuple(record_id for record_id in texts.record_ids if record_id in set(emptied))


def _empty(account: User) -> None:
    """Empty and disable the account; a trigger forbids any later change."""
    account.full_name = account.time_zone = ""
    account.email = f"{account.pk.lower()}{ERASED_DOMAIN}"
    account.password = UNUSABLE_PASSWORD_PREFIX
    account.last_login = None
    account.is_active = account.is_staff = account.is_superuser = False
    account.erased_at = timezone.now()
    account.save()


def _stays(plan: ErasurePlan, *, emptied: Collection[str]) -> tuple[Item, ...]:

    def left(what: str, texts: Texts) -> tuple[Item, Item]:
        ids = tuple(record_id for record_id in texts.record_ids if record_id not in emptied)
        return (
            Item(what, len(ids), "They were not chosen.", ids),
            Item(what, texts.hidden_count, "Who erased may not see these records."),
        )

    return _present(
        Item("the account's id", 1, "Records go on to name the account by it."),
        *left("reasons about them", plan.reasons),
        *left("others' texts with an address", plan.mentions),
        Item(
            "former addresses where they are written",
            len(plan.addresses.passed_on),
            "Another account has them, or had them later.",
        ),
        Item("directories", int(bool(plan.directory_notice)), plan.directory_notice),
    )


def _present(*items: Item) -> tuple[Item, ...]:
    """Return the items whose count is not 0."""
    return tuple(item for item in items if item.count)

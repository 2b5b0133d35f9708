"""manage.py erase_account."""

import json
from errno import ENOSPC
from io import StringIO
from os import strerror
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from organizations.models import Membership, Removal
from tests.directories import connect
from tests.factories import MembershipFactory, UserFactory
from tests.removals import remove
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def leaver(owner: Membership) -> User:
    """Somebody who has left, with a reason on record."""
    member = MembershipFactory.create(
        organization=owner.organization, user__email="lea@example.com"
    )
    remove(member, reason="Lea moved away")
    user: User = member.user
    return user


@pytest.fixture
def mention(owner: Membership) -> Removal:
    """A removal of somebody else, whose reason mentions the leaver's address."""
    other = MembershipFactory.create(organization=owner.organization)
    remove(other, reason="wrote to LEA@example.com")
    other.refresh_from_db()
    return other.removal


def erase(*arguments: str) -> str:
    output = StringIO()
    call_command("erase_account", *arguments, stdout=output)
    return output.getvalue()


def answer(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Type these, one after the other."""
    typed = iter(answers)
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))


def receipt(output: str) -> dict[str, Any]:
    """The receipt, with which the output ends."""
    read: dict[str, Any] = json.loads(output[output.index("{\n") :])
    return read


def reasons() -> list[str]:
    return list(Removal.objects.order_by("pk").values_list("reason", flat=True))


@pytest.mark.parametrize("account", ["Lea@Example.com\u200b", "id"])
def test_an_account_is_named_by_its_address_or_its_id(leaver: User, account: str) -> None:
    output = erase(leaver.pk if account == "id" else account, "--no-input")

    assert json.loads(output)["account"] == leaver.pk
    leaver.refresh_from_db()
    assert leaver.erased_at


def test_where_nobody_answers_nothing_is_changed(
    leaver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())

    with pytest.raises(CommandError, match="Nothing was changed, since nobody answered"):
        erase("lea@example.com")

    leaver.refresh_from_db()
    assert leaver.erased_at is None


@pytest.mark.parametrize(("reply", "reason"), [("y", ""), ("", "Lea moved away")])
def test_reasons_are_shown_first_and_go_when_asked_to(
    leaver: User, monkeypatch: pytest.MonkeyPatch, reply: str, reason: str
) -> None:
    answer(monkeypatch, reply, "lea@example.com")

    output = erase("lea@example.com")

    assert "Lea moved away" in output
    assert reasons() == [reason]


@pytest.mark.parametrize(("reply", "left"), [("y", ""), ("", "wrote to LEA@example.com")])
def test_what_is_written_about_others_is_asked_one_by_one(
    leaver: User, mention: Removal, monkeypatch: pytest.MonkeyPatch, reply: str, left: str
) -> None:
    answer(monkeypatch, "n", reply, "lea@example.com")

    output = erase("lea@example.com")

    assert f"{mention.pk}: wrote to LEA@example.com" in output
    assert reasons() == ["Lea moved away", left]


@pytest.mark.parametrize(
    ("option", "left"),
    [
        ("--empty-reasons", ["", "wrote to LEA@example.com"]),
        ("--empty", ["Lea moved away", ""]),
    ],
)
def test_without_questions_reasons_about_them_go_by_one_option_and_others_by_another(
    leaver: User, mention: Removal, option: str, left: list[str]
) -> None:
    record_id = [mention.pk] if option == "--empty" else []

    erase("lea@example.com", "--no-input", option, *record_id)

    assert reasons() == left


def test_what_does_not_mention_them_is_not_emptied(owner: Membership, leaver: User) -> None:
    other = MembershipFactory.create(organization=owner.organization)
    remove(other, reason="about Lea")
    record = Removal.objects.get(membership=other)

    with pytest.raises(CommandError, match=f"Nothing was changed.*{record.pk}"):
        erase("lea@example.com", "--no-input", "--empty", record.pk)

    leaver.refresh_from_db()
    assert leaver.erased_at is None


def test_the_receipt_says_what_went_and_what_stays(leaver: User, mention: Removal) -> None:
    [about] = Removal.objects.exclude(pk=mention.pk)

    said = receipt(erase("lea@example.com", "--no-input", "--empty-reasons"))

    leaver.refresh_from_db()
    assert leaver.erased_at
    assert said == {
        "account": leaver.pk,
        "erased_at": f"{leaver.erased_at:%Y-%m-%dT%H:%M:%SZ}",
        "erased_by": "command",
        "emptied": [
            {"what": "name, address, password and permissions", "count": 1},
            {"what": "reasons about them", "count": 1, "record_ids": [about.pk]},
        ],
        "stays": [
            {
                "what": "the account's id",
                "count": 1,
                "why": "Records go on to name the account by it.",
            },
            {
                "what": "others' texts with an address",
                "count": 1,
                "why": "They were not chosen.",
                "record_ids": [mention.pk],
            },
        ],
    }


def test_a_receipt_that_standard_output_does_not_take_is_printed_as_an_error(leaver: User) -> None:
    class FullDisk(StringIO):
        def write(self, text: str) -> int:
            raise OSError(ENOSPC, strerror(ENOSPC))

    errors = StringIO()

    with pytest.raises(CommandError, match=r"erased, but its receipt .* only here: No space left"):
        call_command("erase_account", leaver.pk, "--no-input", stdout=FullDisk(), stderr=errors)

    assert receipt(errors.getvalue())["account"] == leaver.pk


def test_former_addresses_and_the_directory_are_shown_before_it_is_confirmed(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, _ = connect(owner.organization, name="Okta")
    member = MembershipFactory.create(
        organization=owner.organization, user__email="before@example.com"
    )
    remove(member, connection=directory)
    User.objects.filter(pk=member.user_id).update(email="lea@example.com")
    answer(monkeypatch, "lea@example.com")

    output = erase("lea@example.com")

    assert "Former addresses: before@example.com" in output
    assert f"Managed by Okta of {owner.organization}, now or before" in output
    assert "before@example.com" not in str(receipt(output))


def test_another_answer_changes_nothing(leaver: User, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "y", "yes")

    with pytest.raises(CommandError, match="Nothing was changed"):
        erase("lea@example.com")

    leaver.refresh_from_db()
    assert (leaver.erased_at, Removal.objects.get().reason) == (None, "Lea moved away")


def test_a_member_is_named_with_their_organization(owner: Membership) -> None:
    with pytest.raises(CommandError, match=f"Still a member of {owner.organization}"):
        erase(owner.user_id, "--no-input")


def test_a_stranger_and_a_superuser_are_refused() -> None:
    UserFactory.create(email="root@example.com", is_superuser=True)

    with pytest.raises(CommandError, match="There is no user"):
        erase("nobody@example.com", "--no-input")
    with pytest.raises(CommandError, match="only a superuser"):
        erase("root@example.com", "--no-input")

"""manage.py erase_account."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from organizations.models import Membership, Removal
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


def erase(*arguments: str) -> str:
    output = StringIO()
    call_command("erase_account", *arguments, stdout=output)
    return output.getvalue()


def answer(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Type these, one after the other."""
    typed = iter(answers)
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))


@pytest.mark.parametrize("account", ["Lea@Example.com\u200b", "id"])
def test_an_account_is_named_by_its_address_or_its_id(leaver: User, account: str) -> None:
    output = erase(leaver.pk if account == "id" else account, "--no-input")

    assert output == f"This is now erased account {leaver.pk}.\n"
    leaver.refresh_from_db()
    assert leaver.erased_at


@pytest.mark.parametrize(("reply", "reason"), [("y", ""), ("", "Lea moved away")])
def test_reasons_are_shown_first_and_go_when_asked_to(
    leaver: User, monkeypatch: pytest.MonkeyPatch, reply: str, reason: str
) -> None:
    answer(monkeypatch, reply, "lea@example.com")

    output = erase("lea@example.com")

    assert "Lea moved away" in output
    assert Removal.objects.get().reason == reason


def test_without_questions_reasons_go_by_option(leaver: User) -> None:
    erase("lea@example.com", "--no-input", "--empty-reasons")

    assert Removal.objects.get().reason == ""


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

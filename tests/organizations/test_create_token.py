"""manage.py create_token."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from organizations.models import TokenBinding
from tests.concurrency import result_after
from tests.deactivations import deactivate
from tests.factories import MembershipFactory, UserFactory
from tests.removals import remove
from users.erasure.service import erase_account
from users.models import AccessToken, User

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    """Run the command; return the token that it prints, and what it says of it."""
    output, errors = StringIO(), StringIO()
    call_command("create_token", *arguments, stdout=output, stderr=errors)
    return output.getvalue().strip(), errors.getvalue()


def create_token(*arguments: str) -> str:
    return run(*arguments)[0]


def test_the_token_that_is_printed_is_the_users() -> None:
    user = UserFactory.create(email="ada@example.com")
    MembershipFactory.create(user=user)

    plain = create_token("Ada@Example.com", "--name", "laptop", "--expires-in", "7")

    token = AccessToken.objects.find(plain)
    assert token is not None
    assert (token.user, token.name) == (user, "laptop")
    assert timedelta(days=6) < token.expires_at - timezone.now() <= timedelta(days=7)


def test_nobody_has_this_address() -> None:
    with pytest.raises(CommandError, match="There is no user with the e-mail address x@y"):
        create_token("x@y.z")


def test_a_disabled_account_gets_none() -> None:
    UserFactory.create(email="ada@example.com", is_active=False)

    with pytest.raises(CommandError, match="disabled"):
        create_token("ada@example.com")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("options", [["--every-organization"], []], ids=["all", "bound"])
def test_an_account_that_is_disabled_meanwhile_gets_none(options: list[str]) -> None:
    user = UserFactory.create(email="ada@example.com")
    MembershipFactory.create(user=user)

    assert_refused_after(
        partial(User.objects.filter(pk=user.pk).update, is_active=False),
        *options,
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["erased", "deleted"])
def test_nor_does_one_that_is_erased_or_deleted_meanwhile(end: str) -> None:
    user = UserFactory.create(email="ada@example.com")
    ends: dict[str, Callable[[], object]] = {
        "erased": partial(erase_account, user.pk, actor=None),
        "deleted": user.delete,
    }

    assert_refused_after(ends[end], "--every-organization")


def assert_refused_after(change: Callable[[], object], *options: str) -> None:
    """Assert that no token is made for an account that somebody changes at the same moment."""

    def create() -> None:
        with pytest.raises(CommandError, match="disabled"):
            create_token("ada@example.com", *options)

    result_after(change, create)
    assert not AccessToken.objects.exists()


def test_a_name_has_at_most_a_hundred_characters() -> None:
    UserFactory.create(email="ada@example.com")

    with pytest.raises(CommandError, match="longer than 100 characters"):
        create_token("ada@example.com", "--name", "x" * 101)


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "4000", "soon"])
def test_a_lifetime_is_a_whole_number_of_days(days: str) -> None:
    UserFactory.create(email="ada@example.com")

    with pytest.raises(CommandError, match="must be a whole number from 1 to 3650"):
        create_token("ada@example.com", "--expires-in", days)


def test_a_token_can_be_bound_to_a_membership() -> None:
    member = MembershipFactory.create()

    plain = create_token(member.user.email, "--organization", member.organization_id)

    token = AccessToken.objects.find(plain)
    assert TokenBinding.objects.get(token=token).membership == member


def test_a_token_is_bound_to_the_only_membership() -> None:
    member = MembershipFactory.create()
    earlier = MembershipFactory.create(user=member.user)
    remove(earlier)

    create_token(member.user.email)

    assert TokenBinding.objects.get().membership == member


@pytest.mark.parametrize("number", [0, 2, 12])
def test_of_several_memberships_or_none_one_must_say_which(number: int) -> None:
    user = UserFactory.create(email="ada@example.com")
    memberships = MembershipFactory.create_batch(number, user=user)

    with pytest.raises(CommandError) as refusal:
        create_token("ada@example.com")

    assert refusal.value.returncode == 2
    said = str(refusal.value)
    assert "--organization ORGANIZATION" in said
    assert "--every-organization" in said
    assert sum(member.organization_id in said for member in memberships) == min(number, 10)
    assert ("2 more" in said) == (number == 12)
    assert ("of no organization" in said) == (number == 0)
    assert ("add them first" in said) == (number == 0)
    assert not AccessToken.objects.exists()


def test_a_token_for_every_organization_is_bound_to_none() -> None:
    member = MembershipFactory.create()

    plain = create_token(member.user.email, "--every-organization")

    assert AccessToken.objects.find(plain)
    assert not TokenBinding.objects.exists()


def test_it_says_where_the_token_acts() -> None:
    member = MembershipFactory.create()
    place = f"{member.organization.name} ({member.organization_id})"

    _, of_bound = run(member.user.email)
    _, of_unbound = run(member.user.email, "--every-organization")

    assert f"in {place} alone," in of_bound
    assert f"in {place}, and nowhere that they join later," in of_unbound


def test_a_token_acts_in_one_organization_or_in_every_one() -> None:
    member = MembershipFactory.create()

    with pytest.raises(CommandError, match="not allowed with argument"):
        create_token(
            member.user.email, "--organization", member.organization_id, "--every-organization"
        )


@pytest.mark.parametrize("whose", ["former", "of another organization", "unknown"])
def test_a_token_is_bound_to_a_current_member_or_not_made(whose: str) -> None:
    member = MembershipFactory.create()
    organization = member.organization_id
    if whose == "former":
        remove(member)
    elif whose == "of another organization":
        organization = MembershipFactory.create().organization_id
    else:
        organization = "Acme"

    with pytest.raises(CommandError, match=f"{member.user.email} is not a member of"):
        create_token(member.user.email, "--organization", organization)

    assert not AccessToken.objects.exists()


def test_a_deactivated_member_can_have_one_for_later() -> None:
    member = MembershipFactory.create()
    deactivate(member)

    assert create_token(member.user.email, "--organization", member.organization_id)


def test_a_name_that_a_terminal_sends_in_another_encoding_is_kept_escaped() -> None:
    MembershipFactory.create(user__email="ada@example.com")

    create_token("ada@example.com", "--name", "caf\udce9")

    assert AccessToken.objects.get().name == r"caf\udce9"

"""manage.py create_token."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from organizations.models import TokenBinding
from tests.deactivations import deactivate
from tests.factories import MembershipFactory, UserFactory
from tests.removals import remove
from users.models import AccessToken

pytestmark = pytest.mark.django_db


def create_token(*arguments: str) -> str:
    output = StringIO()
    call_command("create_token", *arguments, stdout=output, stderr=StringIO())
    return output.getvalue().strip()


def test_the_token_that_is_printed_is_the_users() -> None:
    user = UserFactory.create(email="ada@example.com")

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


def test_a_token_is_bound_to_nothing_unless_it_is_asked_for() -> None:
    create_token(MembershipFactory.create().user.email)

    assert not TokenBinding.objects.exists()


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

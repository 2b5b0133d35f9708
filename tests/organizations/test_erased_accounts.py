"""An erased account is added to no organization, whatever happens meanwhile."""

from functools import partial

import pytest
from django.db import IntegrityError

from organizations.models import Organization
from tests.concurrency import result_after
from tests.factories import MembershipFactory, UserFactory
from tests.organizations.scim.caller import Directory, new_user
from tests.refusals import refused
from users.erasure.service import ErasureRefusedError, erase_account

REFUSAL = "an erased account is added nowhere"


def test_an_erased_account_is_not_added(organization: Organization) -> None:
    account = erase_account(UserFactory.create().pk, actor=None).account

    with refused(REFUSAL):
        MembershipFactory.create(organization=organization, user=account)


@pytest.mark.django_db(transaction=True)
def test_who_is_added_while_their_account_is_erased_waits_and_is_refused(
    organization: Organization,
) -> None:
    account = UserFactory.create()
    adding = partial(MembershipFactory.create, organization=organization, user=account)

    with pytest.raises(IntegrityError, match=REFUSAL):
        result_after(partial(erase_account, account.pk, actor=None), adding)


@pytest.mark.django_db(transaction=True)
def test_who_is_erased_while_they_are_added_stays(organization: Organization) -> None:
    account = UserFactory.create()
    adding = partial(MembershipFactory.create, organization=organization, user=account)

    with pytest.raises(ErasureRefusedError, match="Still a member"):
        result_after(adding, partial(erase_account, account.pk, actor=None))


@pytest.mark.django_db(transaction=True)
def test_whom_a_directory_adds_while_they_are_erased_is_given_a_new_account(
    organization: Organization,
) -> None:
    account = UserFactory.create(email="ada@example.com")
    directory = Directory.of(organization)

    answer = result_after(
        partial(erase_account, account.pk, actor=None),
        partial(directory.send, "POST", "/Users", new_user("ada@example.com")),
    )

    assert answer.status == 201
    assert organization.memberships.get().user != account

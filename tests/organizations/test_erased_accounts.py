"""An erased account is added to no organization, whatever happens meanwhile."""

from contextlib import ExitStack
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from organizations.models import Organization
from tests.concurrency import in_background, until_somebody_waits_for_a_lock
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

    with ExitStack() as both:
        with transaction.atomic():
            erase_account(account.pk, actor=None)
            adding = both.enter_context(
                in_background(
                    partial(MembershipFactory.create, organization=organization, user=account)
                )
            )
            until_somebody_waits_for_a_lock()
        with pytest.raises(IntegrityError, match=REFUSAL):
            adding.result()


@pytest.mark.django_db(transaction=True)
def test_who_is_erased_while_they_are_added_stays(organization: Organization) -> None:
    account = UserFactory.create()

    with ExitStack() as both:
        with transaction.atomic():
            MembershipFactory.create(organization=organization, user=account)
            erasure = both.enter_context(
                in_background(partial(erase_account, account.pk, actor=None))
            )
            until_somebody_waits_for_a_lock()
        with pytest.raises(ErasureRefusedError, match="Still a member"):
            erasure.result()


@pytest.mark.django_db(transaction=True)
def test_whom_a_directory_adds_while_they_are_erased_is_given_a_new_account(
    organization: Organization,
) -> None:
    account = UserFactory.create(email="ada@example.com")
    directory = Directory.of(organization)
    with ExitStack() as stack, transaction.atomic():
        erase_account(account.pk, actor=None)
        addition = partial(directory.send, "POST", "/Users", new_user("ada@example.com"))
        answer = stack.enter_context(in_background(addition))
        until_somebody_waits_for_a_lock()

    assert answer.result().status == 201
    assert organization.memberships.get().user != account

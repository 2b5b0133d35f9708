"""The sample, brought back after somebody tried things on it."""

from collections.abc import Callable

import pytest

from organizations.models import Membership, Resource
from organizations.sample import DEPARTMENT_ID, LEAVER_ID, PEOPLE, restore_sample
from tests.deactivations import deactivate
from tests.removals import remove


@pytest.mark.django_db
@pytest.mark.parametrize("end", [deactivate, remove])
def test_who_was_deactivated_or_removed_is_active_again_with_what_they_owned(
    end: Callable[..., object],
) -> None:
    organization = restore_sample()
    leaver = Membership.objects.get(user=LEAVER_ID)
    end(leaver, transfer_to=DEPARTMENT_ID)

    restore_sample()

    assert Membership.objects.active().filter(organization=organization).count() == len(PEOPLE)
    assert Resource.objects.owned_by(LEAVER_ID).count() == 12

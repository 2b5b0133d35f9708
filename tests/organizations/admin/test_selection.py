"""How much staff can select at once."""

import pytest

from organizations.admin import selection
from organizations.admin.selection import LARGEST, too_much
from organizations.models import Membership, Organization
from tests.factories import MembershipFactory


def test_it_is_20_000_at_most() -> None:
    assert LARGEST == 20_000


def test_one_more_is_too_much(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "LARGEST", 2)
    MembershipFactory.create_batch(2, organization=organization)
    assert too_much(Membership.objects.all()) == ""

    MembershipFactory.create(organization=organization)
    assert too_much(Membership.objects.all()) == "These are more than 2."

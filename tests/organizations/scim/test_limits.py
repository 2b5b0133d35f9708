"""What one request may ask for, so that no directory keeps others waiting."""

import pytest

from organizations.models import Organization
from tests.organizations.scim.caller import Directory

SURROGATE = "\\ud800"  # as JSON writes half of a character


@pytest.fixture
def directory(organization: Organization) -> Directory:
    return Directory.of(organization)


def test_a_filter_has_ten_comparisons_at_most(directory: Directory) -> None:
    def status(number: int) -> int:
        terms = " and ".join(["active eq true"] * number)
        return directory.send("GET", f"/Users?filter={terms}").status

    assert (status(10), status(11)) == (200, 400)


@pytest.mark.parametrize("attribute", ["userName", "externalId", "emails.value"])
def test_half_of_a_character_is_no_value(directory: Directory, attribute: str) -> None:
    answer = directory.send("GET", f'/Users?filter={attribute} eq "{SURROGATE}"')

    assert (answer.status, answer.body["scimType"]) == (400, "invalidFilter")


def test_a_patch_of_a_user_has_a_hundred_operations_at_most(directory: Directory) -> None:
    user_id = directory.add("lea@acme.example")

    def status(number: int) -> int:
        operation = {"op": "replace", "path": "displayName", "value": "Lea"}
        return directory.patch(f"/Users/{user_id}", *[operation] * number).status

    assert (status(100), status(101)) == (200, 400)

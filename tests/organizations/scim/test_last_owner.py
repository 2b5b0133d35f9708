"""A directory never takes an organization's last owner, by no request."""

from typing import Any

import pytest

from organizations.models import Event, Membership, Removal, ScimIdentity
from tests.organizations.owners import active_owners
from tests.organizations.scim.caller import Answer, Directory, new_user


def delete(directory: Directory, user_id: str) -> Answer:
    return directory.send("DELETE", f"/Users/{user_id}")


def put(directory: Directory, user_id: str) -> Answer:
    user = new_user("other@example.com", displayName="Other", active=False)
    return directory.send("PUT", f"/Users/{user_id}", user)


def patch(directory: Directory, user_id: str) -> Answer:
    return directory.patch(f"/Users/{user_id}", {"op": "replace", "value": {"active": False}})


def patch_among_others(directory: Directory, user_id: str) -> Answer:
    return directory.patch(
        f"/Users/{user_id}",
        {"op": "Replace", "path": "displayName", "value": "Other"},
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Add", "path": "externalId", "value": "1"},
    )


WAYS = [delete, put, patch, patch_among_others]


@pytest.mark.parametrize("way", WAYS)
def test_the_last_owner_stays_and_nothing_of_the_request_is_written(
    directory: Directory, owner: Membership, way: Any
) -> None:
    before = directory.send("GET", f"/Users/{owner.user_id}").body

    answer = way(directory, owner.user_id)

    assert (answer.status, answer.body["status"]) == (403, "403")
    assert "last owner" in answer.body["detail"]
    assert list(active_owners()) == [owner]
    assert directory.send("GET", f"/Users/{owner.user_id}").body == before
    for written in (Event, Removal, ScimIdentity):
        assert not written._default_manager.exists()

"""Names and external ids belong to one member each, until the connection ends."""

import pytest

from organizations.models import Membership, Organization, ScimIdentity
from tests.directories import manage
from tests.factories import MembershipFactory
from tests.organizations.restoration.verbs import restore
from tests.organizations.scim.caller import OFF, Directory, new_user, replacing, rights
from tests.organizations.scim.people import ADA, a_member_by_hand, found, member_of, successor_of
from tests.refusals import refused


def test_an_external_id_is_one_users_in_its_exact_form(directory: Directory) -> None:
    eve = directory.add("eve@example.com", externalId="E")
    ada = directory.add(ADA, externalId="e")
    taking = replacing("externalId", "E")

    for answer in (
        directory.send("POST", "/Users", new_user("new@example.com", externalId="E")),
        directory.patch(f"/Users/{ada}", taking),
        directory.send("PUT", f"/Users/{ada}", new_user(ADA, externalId="E")),
    ):
        assert answer.outcome == (409, "uniqueness")
    assert found(directory, 'externalId eq "E"') == [eve]
    assert found(directory, 'externalId eq "e"') == [ada]


@pytest.mark.parametrize(
    ("constraint", "one", "other"),
    [
        ("scim_user_name_in_connection", {"user_name": "ada"}, {"user_name": "ADA"}),
        ("scim_external_id_in_connection", {"external_id": "1"}, {"external_id": "1"}),
    ],
    ids=["user_name", "external_id"],
)
def test_names_are_unique_in_a_connection_whoever_writes_them(
    organization: Organization, constraint: str, one: dict[str, str], other: dict[str, str]
) -> None:
    Directory.of(organization)
    manage(MembershipFactory.create(organization=organization), **one)

    with refused(constraint):
        manage(MembershipFactory.create(organization=organization), **other)


def test_identities_of_a_disabled_connection_are_read_by_nobody(directory: Directory) -> None:
    user_id = directory.add("ada", externalId="1", emails=[{"value": ADA, "type": "work"}])
    directory = successor_of(directory)

    assert found(directory, 'userName eq "ada"') == found(directory, 'externalId eq "1"') == []
    assert directory.send("GET", f"/Users/{user_id}").body["userName"] == ADA
    # Their names are free for others.
    assert directory.add("ADA", externalId="1", emails=[{"value": "b@example.com", "type": "work"}])


@pytest.mark.parametrize("successor", [{"userName": "ada"}, {"externalId": "1"}])
@pytest.mark.parametrize("is_removed", [False, True])
def test_a_restored_member_does_not_take_back_what_names_somebody_else(
    directory: Directory, successor: dict[str, str], is_removed: bool
) -> None:
    ada = directory.add("ada", externalId="1", emails=[{"value": ADA, "type": "work"}])
    member = member_of(directory)
    directory.send("DELETE", f"/Users/{ada}")
    new = {"userName": "new", "emails": [{"value": "b@example.com", "type": "work"}]}
    other = str(directory.send("POST", "/Users", new_user("") | new | successor).body["id"])
    if is_removed:
        directory.send("DELETE", f"/Users/{other}")

    restore(member)

    assert directory.send("GET", f"/Users/{ada}").body["userName"] == ADA
    assert found(directory, 'userName eq "ada"') == (
        [other] if "userName" in successor and not is_removed else []
    )
    assert directory.add(ADA) == ada


def test_who_has_the_address_that_somebody_else_is_known_by_is_shut_out_and_not_adopted(
    directory: Directory, organization: Organization
) -> None:
    emails = [{"value": "other@example.com", "type": "work"}]
    other = directory.add(ADA, emails=emails)
    a_member_by_hand(directory)
    path = f"/Users/{member_of(directory).user_id}"
    naming = replacing("displayName", "Ada")

    assert directory.patch(path, naming).status == 409
    assert directory.patch(path, naming, OFF).status == 200

    assert rights(organization, member_of(directory).user_id) is None
    assert found(directory, f'userName eq "{ADA}"') == [other]


def test_the_last_owner_is_not_adopted_by_a_post_that_takes_them_out(
    directory: Directory, owner: Membership
) -> None:
    answer = directory.send("POST", "/Users", new_user(owner.user.email, active=False))

    assert answer.status == 403
    assert rights(owner.organization, owner.user_id)
    assert not ScimIdentity.objects.exists()

"""Members, as a directory finds, adds, changes and removes them."""

from typing import Any

import pytest

from organizations.capabilities import Capability
from organizations.models import (
    ConnectionTransfer,
    Event,
    Membership,
    Organization,
    Removal,
    Resource,
    ScimIdentity,
    Source,
)
from tests.deactivations import deactivate
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
)
from tests.organizations.scim.caller import OFF, Directory, new_user, replacing, rights
from tests.organizations.scim.people import ADA, found
from tests.removals import remove
from users.models import User


@pytest.mark.parametrize(
    "query",
    [
        'userName eq "ADA@Example.com"',
        'externalId eq "Okta-1"',
        'emails.value eq "Ada@example.com"',
        'emails[type eq "work"].value eq "ada@example.com"',
        'emails[type eq "work" and value eq "ada@example.com"]',
        'userName eq "ada@example.com" and active eq true',
        'active eq true and externalId eq "Okta-1" and userName eq "ada@example.com"',
        'emails eq "ada@example.com"',
        'emails.type eq "work" and userName eq "ada@example.com"',
    ],
)
def test_somebody_is_found_by_what_directories_look_for(directory: Directory, query: str) -> None:
    user_id = directory.add(ADA, externalId="Okta-1")

    assert found(directory, query) == [user_id]
    assert found(directory, f'{query} and id eq "{user_id}"') == [user_id]


@pytest.mark.parametrize(
    "query",
    [
        'userName eq "nobody@example.com"',
        'externalId eq "OKTA-1"',
        'externalId eq ""',
        'id eq "ada"',
        'emails[type eq "home"].value eq "ada@example.com"',
        'userName eq "ada@example.com" and active eq false',
        'userName eq "ada@example.com" and externalId eq "2"',
        "active eq null",
    ],
)
def test_nobody_is_found_by_anything_else(directory: Directory, query: str) -> None:
    directory.add(ADA, externalId="Okta-1")

    assert found(directory, query) == []


@pytest.mark.parametrize(
    "query",
    ['userName sw "a"', "active pr", 'userName eq "a" or userName eq "b"', 'displayName eq "Ada"'],
)
def test_another_filter_is_refused(directory: Directory, query: str) -> None:
    answer = directory.send("GET", f"/Users?filter={query}")

    assert answer.outcome == (400, "invalidFilter")


def test_deactivated_members_are_listed_and_found(directory: Directory, owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    deactivate(member)

    assert found(directory, "active eq false") == [member.user_id]
    assert found(directory, "active eq true") == [owner.user_id]
    assert directory.send("GET", f"/Users/{member.user_id}").body["active"] is False


def test_pages_begin_where_they_are_asked_to(directory: Directory, owner: Membership) -> None:
    members = MembershipFactory.create_batch(4, organization=owner.organization)
    ids = sorted([owner.user_id, *(member.user_id for member in members)])

    page = directory.send("GET", "/Users?startIndex=2&count=3").body

    assert [user["id"] for user in page["Resources"]] == ids[1:4]
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 2, 3)


def test_strangers_and_former_members_are_not_seen(
    directory: Directory, organization: Organization
) -> None:
    former = MembershipFactory.create(organization=organization)
    remove(former)
    elsewhere = MembershipFactory.create()

    for member in (former, elsewhere):
        path = f"/Users/{member.user_id}"
        assert found(directory, f'userName eq "{member.user.email}"') == []
        assert directory.send("GET", path).status == 404
        assert directory.send("PUT", path, new_user(ADA)).status == 404
        state = OFF
        assert directory.patch(path, state).status == 404
        assert directory.send("DELETE", path).status == 404
    assert rights(elsewhere.organization, elsewhere.user_id) is not None


def test_a_member_who_was_there_before_is_found_by_their_address_and_adopted(
    directory: Directory, organization: Organization
) -> None:
    member = MembershipFactory.create(organization=organization, user__email=ADA)
    [user_id] = found(directory, 'userName eq "ADA@example.com"')

    directory.patch(
        f"/Users/{user_id}",
        {"op": "add", "path": "externalId", "value": "1"},
        replacing("userName", "ada"),
    )

    assert found(directory, 'userName eq "ada"') == [member.user_id]
    assert found(directory, f'userName eq "{ADA}"') == [member.user_id]
    identity = ScimIdentity.objects.get()
    assert (identity.external_id, identity.account_made_by) == ("1", None)


def test_a_new_member_holds_the_role_member_unless_it_grants_something(
    directory: Directory, organization: Organization
) -> None:
    plain = directory.add(ADA)
    organization.roles.filter(name="Member").update(capabilities=["view_audit_log"])
    without = directory.add("bob@example.com")

    roles = Membership.objects.values_list("user", "role_assignments__role__name")
    assert set(roles.filter(user__in=[plain, without])) == {(plain, "Member"), (without, None)}
    assert rights(organization, without) == frozenset()


def test_the_same_user_name_is_free_in_another_organization(directory: Directory) -> None:
    other = Directory.of(OrganizationFactory.create())

    assert directory.add(ADA) == other.add(ADA)


def test_records_and_events_name_the_connection(
    directory: Directory, organization: Organization
) -> None:
    user_id = directory.add(ADA)
    for state in (False, True):
        directory.patch(f"/Users/{user_id}", replacing("active", state))
    directory.send("DELETE", f"/Users/{user_id}")

    events = Event.objects.filter(user=user_id).order_by("pk")
    assert [event.type for event in events] == [
        *("member.added", "member.deactivated", "member.reactivated", "member.removed")
    ]
    for record in (*events, Removal.objects.get()):
        assert record.connection == directory.connection
        assert (record.source, record.actor) == (Source.SCIM, None)


def test_resources_pass_to_the_departments_of_the_connection_and_types_to_their_own(
    organization: Organization, owner: Membership
) -> None:
    first, last, *rest = DepartmentFactory.create_batch(4, organization=organization)
    directory = Directory.of(
        organization, transfer_on_deactivate=rest[0], transfer_on_removal=rest[1]
    )
    for moment, department in (("deactivate", first), ("removal", last)):
        ConnectionTransfer.objects.create(
            connection=directory.connection,
            moment=moment,
            type="repository",
            transferred_to=department,
        )
    user_id = directory.add(ADA)
    member = Membership.objects.get(user=user_id)

    def owned() -> list[Resource]:
        return [
            ResourceFactory.create(organization=organization, owner=member.user, type=type_name)
            for type_name in ("repository", "document")
        ]

    early = owned()
    directory.patch(f"/Users/{user_id}", OFF)
    directory.patch(f"/Users/{user_id}", replacing("active", True))
    late = owned()
    directory.send("DELETE", f"/Users/{user_id}")

    for resources, departments in ((early, [first, rest[0]]), (late, [last, rest[1]])):
        for resource in resources:
            resource.refresh_from_db()
        assert [resource.department for resource in resources] == departments


def test_without_departments_what_a_member_owns_stays_theirs(
    directory: Directory, organization: Organization
) -> None:
    user_id = directory.add(ADA)
    resource = ResourceFactory.create(
        organization=organization, owner=Membership.objects.get(user=user_id).user
    )

    directory.send("DELETE", f"/Users/{user_id}")

    assert Resource.objects.get(pk=resource.pk).owner_id == user_id


@pytest.mark.parametrize("state", [True, False])
def test_a_state_that_is_so_already_changes_nothing(directory: Directory, state: bool) -> None:
    user_id = directory.add(ADA, active=state)
    before = Event.objects.count()

    answer = directory.patch(f"/Users/{user_id}", replacing("active", state))

    assert (answer.status, answer.body["active"]) == (200, state)
    assert Event.objects.count() == before


def test_a_put_leaves_what_it_does_not_name(directory: Directory) -> None:
    user_id = directory.add(ADA, externalId="1", displayName="Ada", name={"givenName": "Ada"})

    user = directory.send("PUT", f"/Users/{user_id}", new_user("ada2@example.com")).body

    assert (user["userName"], user["externalId"]) == ("ada2@example.com", "1")
    assert (user["displayName"], user["name"]) == ("Ada", {"givenName": "Ada"})


def test_roles_are_not_given_by_a_directory(
    directory: Directory, organization: Organization
) -> None:
    user_id = directory.add(ADA)
    owner_role = organization.roles.get(name="Owner")

    answer = directory.patch(
        f"/Users/{user_id}",
        {"op": "add", "path": "roles", "value": [{"value": owner_role.pk}]},
        {"op": "add", "value": {"roles": [{"value": "Owner"}]}},
    )

    assert answer.status == 200
    assert Capability.REMOVE_USERS not in (rights(organization, user_id) or ())


@pytest.mark.parametrize(
    "attributes", [{"userName": "a" * 321}, {"displayName": "a" * 201}, {"externalId": "a\0b"}]
)
def test_what_cannot_be_stored_is_refused(directory: Directory, attributes: dict[str, Any]) -> None:
    emails = [{"value": ADA, "primary": True}]

    answer = directory.send("POST", "/Users", new_user("ada", emails=emails) | attributes)

    assert answer.outcome == (400, "invalidValue")
    assert not ScimIdentity.objects.exists()


def test_whoever_removes_a_member_ends_the_identity(
    directory: Directory, organization: Organization
) -> None:
    user_id = directory.add(ADA, externalId="1")
    other_id = directory.add("bob@example.com")

    remove(Membership.objects.get(user=user_id))

    known = ScimIdentity.objects.of(directory.connection)
    assert [identity.user_id for identity in known] == [other_id]
    again = directory.send("POST", "/Users", new_user(ADA, externalId="1"))
    assert again.status == 201


def test_somebody_who_joined_again_by_themselves_is_as_unknown_as_at_first(
    directory: Directory, organization: Organization
) -> None:
    user_id = directory.add(ADA, displayName="Ada")
    remove(Membership.objects.get(user=user_id))
    MembershipFactory.create(organization=organization, user=User.objects.get(pk=user_id))

    user = directory.send("GET", f"/Users/{user_id}").body

    assert user["userName"] == ADA
    assert "displayName" not in user

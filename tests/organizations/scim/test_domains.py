"""Which accounts a directory makes, finds and renames: those of its organization's mail domains."""

from organizations.models import Organization
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.organizations.scim.caller import Directory, new_user, replacing
from tests.organizations.scim.people import ADA
from tests.removals import remove
from users.models import User


def test_two_directories_of_two_organizations_do_not_meet(organization: Organization) -> None:
    ours = Directory.of(organization, domains=["ours.example"])
    theirs = Directory.of(OrganizationFactory.create(), domains=["theirs.example"])
    stranger = UserFactory.create(email="max@theirs.example", full_name="Max Stranger")

    user_id = ours.add("ada@ours.example", displayName="Ada")
    adding = ours.send("POST", "/Users", new_user("max@theirs.example"))
    emails = [{"value": "ada@theirs.example", "primary": True}]
    renaming = replacing("emails", emails)
    renamed = ours.patch(f"/Users/{user_id}", renaming)
    replaced = ours.send("PUT", f"/Users/{user_id}", new_user("ada@ours.example", emails=emails))

    for refusal in (adding, renamed, replaced):
        assert refusal.status == 403
        assert "theirs.example" in refusal.body["detail"]
        assert "Max" not in str(refusal.body)
    assert User.objects.get(pk=user_id).email == "ada@ours.example"
    assert not stranger.memberships.exists()
    assert theirs.add("ada@theirs.example") != user_id


def test_an_account_outside_the_domains_keeps_its_address(directory: Directory) -> None:
    user_id = directory.add(ADA)
    User.objects.filter(pk=user_id).update(email="ada@elsewhere.example")
    emails = [{"value": "ada2@example.com", "primary": True}]

    answer = directory.patch(f"/Users/{user_id}", replacing("emails", emails))

    assert answer.status == 403
    assert "elsewhere.example" in answer.body["detail"]
    assert User.objects.get(pk=user_id).email == "ada@elsewhere.example"


def test_whoever_was_a_member_is_not_added_again_from_another_domain(
    directory: Directory, organization: Organization
) -> None:
    former = MembershipFactory.create(
        organization=organization, user__email="max@elsewhere.example"
    )
    remove(former)

    answer = directory.send("POST", "/Users", new_user("max@elsewhere.example"))

    assert answer.status == 403
    assert "elsewhere.example" in answer.body["detail"]
    assert not organization.memberships.current().filter(user=former.user).exists()


def test_nobody_is_added_where_no_domain_is_allowed(organization: Organization) -> None:
    UserFactory.create(email=ADA)
    directory = Directory.of(organization, domains=[])

    answers = [
        directory.send("POST", "/Users", new_user(address)) for address in (ADA, "new@example.com")
    ]

    assert [answer.status for answer in answers] == [403, 403]
    assert not organization.memberships.exists()

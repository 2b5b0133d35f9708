"""No fault in a request keeps a leaver in, and nothing wrong is written."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from organizations.models import Membership, Organization
from tests.factories import DepartmentFactory, MembershipFactory, OrganizationFactory, UserFactory
from tests.organizations.scim.caller import (
    OFF,
    USER,
    Directory,
    new_user,
    replacing,
    rights,
    work_email,
)
from tests.organizations.scim.people import ADA
from users.models import User

LONG = "a" * 400
NUL = "a\0b"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


# Operations beside the state, and what they are answered without a leaver.
OPERATIONS = [
    pytest.param({"op": "remove", "path": "displayName", "value": "Ada"}, 400, id="remove_value"),
    pytest.param({"op": "remove", "path": "emails", "value": "x"}, 400, id="remove_emails_value"),
    pytest.param({"op": "remove", "path": "userName"}, 400, id="remove_user_name"),
    pytest.param({"op": "remove"}, 400, id="remove_nothing"),
    pytest.param(replacing("groups", [{"value": "dept_1"}]), 200, id="groups"),
    pytest.param(replacing("groups[value eq 1].value", "x"), 200, id="into_groups"),
    pytest.param({"op": "add", "value": {"groups": []}}, 200, id="groups_without_a_path"),
    pytest.param(replacing("id", "usr_other"), 200, id="id"),
    pytest.param(replacing("meta.version", "1"), 200, id="meta"),
    pytest.param(replacing("schemas", ["x"]), 200, id="schemas"),
    pytest.param(replacing("title", "Countess"), 200, id="unknown"),
    pytest.param(replacing(f"{ENTERPRISE}:manager", {"value": "1"}), 200, id="extension"),
    pytest.param(replacing("bad path[", "x"), 400, id="bad_path"),
    pytest.param(replacing("displayName.part", "x"), 200, id="no_such_part"),
    pytest.param(replacing("displayName", LONG), 400, id="long_name"),
    pytest.param(replacing("displayName", {"a": 1}), 400, id="no_text"),
    pytest.param(replacing("displayName", "\ud800"), 400, id="half_a_character"),
    pytest.param(replacing("name.givenName", NUL), 400, id="nul"),
    pytest.param(replacing("name", "Ada"), 400, id="no_object"),
    pytest.param(replacing("userName", "  "), 400, id="blank_user_name"),
    pytest.param(replacing("userName", "\u200b"), 400, id="invisible_user_name"),
    pytest.param(replacing("userName", None), 400, id="no_user_name"),
    pytest.param(replacing("userName", LONG), 400, id="long_user_name"),
    pytest.param(replacing("userName", "eve"), 409, id="anothers_user_name"),
    pytest.param(replacing("userName", "Eve@example.com"), 409, id="anothers_address_as_a_name"),
    pytest.param(replacing("userName", "max@example.com"), 409, id="an_unmanaged_members_address"),
    pytest.param(replacing("externalId", "E"), 409, id="anothers_external_id"),
    pytest.param(replacing("externalId", "  "), 400, id="blank_external_id"),
    pytest.param(replacing("externalId", LONG), 400, id="long_external_id"),
    pytest.param(replacing("emails", work_email("eve@example.com")), 409, id="anothers_address"),
    pytest.param(
        replacing("emails", work_email("stranger@example.com")), 409, id="strangers_address"
    ),
    pytest.param(replacing("emails", work_email("ada@other.example")), 403, id="another_domain"),
    pytest.param(replacing("emails", work_email("not one")), 400, id="no_address"),
    pytest.param(replacing("emails", work_email(f"{LONG}@example.com")), 400, id="long_address"),
    pytest.param(replacing("emails", "x"), 400, id="no_list"),
    pytest.param(
        replacing('emails[type eq "work"].value', "eve@example.com"), 409, id="anothers_work_email"
    ),
    pytest.param(replacing("active", None), 200, id="no_state"),
    pytest.param({"op": "remove", "path": "active"}, 200, id="remove_state"),
    pytest.param({"op": "move", "path": "displayName", "value": "x"}, 400, id="unknown_op"),
    pytest.param({"op": "add", "path": "displayName"}, 400, id="no_value"),
    pytest.param({"op": "add", "path": 5, "value": "x"}, 400, id="no_path"),
    pytest.param("nonsense", 400, id="no_operation"),
]
STATES = [
    pytest.param({"op": "replace", "value": {"active": False}}, id="okta"),
    pytest.param({"op": "Replace", "path": "active", "value": "False"}, id="entra"),
    pytest.param(
        {"op": "Replace", "path": "active", "value": [{"$ref": None, "value": "False"}]},
        id="entra_list",
    ),
    pytest.param({"OP": "add", "Path": f"{USER}:ACTIVE", "Value": " false "}, id="capitals"),
    pytest.param({"op": "add", "path": USER, "value": {"active": False}}, id="schema_as_path"),
    pytest.param({"op": "replace", "path": " ", "value": {"active": False}}, id="empty_path"),
    pytest.param({"op": "add", "value": {USER: {"active": False}}}, id="schema_as_key"),
]


@pytest.fixture(scope="module")
def among_others(module_db: None) -> tuple[Directory, str]:
    """A member whose account the directory made, among others whose names are taken."""
    organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    directory = Directory.of(organization)
    directory.add("eve", externalId="E", emails=work_email("eve@example.com"))
    MembershipFactory.create(organization=organization, user__email="max@example.com")
    UserFactory.create(email="stranger@example.com")
    ada = directory.add(ADA, externalId="A", displayName="Ada", name={"givenName": "Ada"})
    return directory, ada


@pytest.fixture
def directory(among_others: tuple[Directory, str], db: None) -> Directory:
    return among_others[0]


@pytest.fixture
def ada(among_others: tuple[Directory, str], db: None) -> str:
    return among_others[1]


def shown(directory: Directory, user_id: str) -> dict[str, Any]:
    """Return what the directory sees of somebody, but when it changed and the state."""
    body = directory.send("GET", f"/Users/{user_id}").body
    return {name: value for name, value in body.items() if name not in ("meta", "active")}


@pytest.mark.parametrize(("operation", "alone"), OPERATIONS)
def test_a_patch_takes_a_leaver_out_whatever_else_is_wrong_with_it(
    directory: Directory, ada: str, operation: Any, alone: int
) -> None:
    before = shown(directory, ada)
    account = User.objects.get(pk=ada)

    assert directory.patch(f"/Users/{ada}", operation).status == alone
    assert shown(directory, ada) == before
    assert rights(directory.connection.organization, ada) == frozenset()

    answer = directory.patch(f"/Users/{ada}", operation, OFF, operation)

    assert (answer.status, answer.body["active"]) == (200, False)
    assert rights(directory.connection.organization, ada) is None
    assert shown(directory, ada) == before
    after = User.objects.get(pk=ada)
    assert (after.email, after.full_name) == (account.email, account.full_name)


@pytest.mark.parametrize("state", STATES)
def test_each_form_takes_a_leaver_out_and_what_is_right_beside_it_is_written(
    directory: Directory, ada: str, state: dict[str, Any]
) -> None:
    answer = directory.patch(
        f"/Users/{ada}",
        {"op": "add", "value": {"displayName": "Countess", "userName": "eve", "groups": [1]}},
        state,
        replacing("name.familyName", "King"),
    )

    assert (answer.status, answer.body["active"]) == (200, False)
    assert rights(directory.connection.organization, ada) is None
    assert answer.body["userName"] == ADA
    assert answer.body["displayName"] == "Countess"
    assert answer.body["name"] == {"givenName": "Ada", "familyName": "King"}


# Attributes of a PUT beside the state, and what they are answered without a leaver.
ATTRIBUTES = [
    pytest.param({"userName": "eve"}, 409, id="anothers_user_name"),
    pytest.param({"userName": "max@example.com"}, 409, id="an_unmanaged_members_address"),
    pytest.param({"userName": " "}, 400, id="blank_user_name"),
    pytest.param({"userName": None}, 400, id="no_user_name"),
    pytest.param({"userName": 5}, 400, id="no_text"),
    pytest.param({"userName": LONG}, 400, id="long_user_name"),
    pytest.param({"externalId": "E"}, 409, id="anothers_external_id"),
    pytest.param({"externalId": [1]}, 400, id="no_external_id"),
    pytest.param({"displayName": LONG}, 400, id="long_name"),
    pytest.param({"name": "Ada"}, 400, id="no_object"),
    pytest.param({"name": {"givenName": NUL}}, 400, id="nul"),
    pytest.param({"emails": work_email("eve@example.com")}, 409, id="anothers_address"),
    pytest.param({"emails": work_email("ada@other.example")}, 403, id="another_domain"),
    pytest.param({"emails": work_email("not one")}, 400, id="no_address"),
    pytest.param({"emails": "x"}, 400, id="no_list"),
    pytest.param({"groups": [{"value": "dept_1"}], "id": "usr_other", "meta": 5}, 200, id="ours"),
    pytest.param({"title": 5, ENTERPRISE: {"manager": 5}, "schemas": 5}, 200, id="unknown"),
]


@pytest.mark.parametrize(("attributes", "alone"), ATTRIBUTES)
def test_a_put_takes_a_leaver_out_whatever_else_is_wrong_with_it(
    directory: Directory, ada: str, attributes: dict[str, Any], alone: int
) -> None:
    before = shown(directory, ada)
    body = new_user(ADA) | attributes

    assert directory.send("PUT", f"/Users/{ada}", body).status == alone
    assert shown(directory, ada) == before

    answer = directory.send("PUT", f"/Users/{ada}", body | {"active": False})

    assert (answer.status, answer.body["active"]) == (200, False)
    assert rights(directory.connection.organization, ada) is None
    assert shown(directory, ada) == before


def test_a_put_of_nothing_but_the_state_takes_a_leaver_out(directory: Directory, ada: str) -> None:
    assert directory.send("PUT", f"/Users/{ada}", {"Active": "False"}).status == 200
    assert rights(directory.connection.organization, ada) is None


def test_what_is_passed_over_is_logged_without_its_value(directory: Directory, ada: str) -> None:
    with capture_logs() as logged:
        directory.patch(
            f"/Users/{ada}", OFF, replacing("userName", "eve"), replacing("name", "Ada")
        )

    lines = [line for line in logged if line["event"] == "attribute_passed_over"]
    assert [(line["attribute"], line["status"]) for line in lines] == [
        ("name", 400),
        ("userName", 409),
    ]
    for line in lines:
        assert line["user_id"] == ada
        assert not {"eve", "Ada"} & set(map(str, line.values()))


@pytest.mark.parametrize("value", ["no", "", 0, 1, 2.5, [], {}, [False, False], {"value": "x"}])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "PATCH_without_a_path"])
def test_a_state_that_is_none_is_refused_in_our_words(
    directory: Directory, ada: str, method: str, value: object
) -> None:
    path = f"/Users/{ada}"
    match method:
        case "POST":
            answer = directory.send("POST", "/Users", new_user("new@example.com", active=value))
        case "PUT":
            answer = directory.send("PUT", path, new_user(ADA, active=value))
        case "PATCH":
            answer = directory.patch(path, replacing("active", value))
        case _:
            answer = directory.patch(path, replacing(None, {"active": value}))

    assert answer.outcome == (400, "invalidValue")
    assert answer.body["detail"] == "active is true or false."
    assert rights(directory.connection.organization, ada) == frozenset()


def test_a_part_of_the_state_is_refused(directory: Directory, ada: str) -> None:
    answer = directory.patch(f"/Users/{ada}", replacing("active.value", False))

    assert answer.status == 400
    assert "active" in answer.body["detail"]


@pytest.mark.parametrize("value", [{"a": 1}, 5, ["x"]])
def test_a_value_that_is_wrong_is_refused_in_our_words(
    directory: Directory, ada: str, value: object
) -> None:
    answer = directory.patch(f"/Users/{ada}", replacing("displayName", value))

    assert answer.body["detail"] == "displayName cannot be changed so."


def test_a_leaver_whom_the_directory_did_not_know_is_taken_out_too(
    organization: Organization,
) -> None:
    directory = Directory.of(organization)
    member = MembershipFactory.create(organization=organization)
    directory.add("eve", externalId="E", emails=work_email("eve@example.com"))

    answer = directory.patch(
        f"/Users/{member.user_id}",
        replacing("userName", "eve"),
        replacing("externalId", "E"),
        replacing("active", "False"),
    )

    assert (answer.status, answer.body["userName"]) == (200, member.user.email)
    assert rights(organization, member.user_id) is None


@pytest.mark.parametrize("emails", [[], work_email("no address")], ids=["none", "malformed"])
def test_a_leaver_with_an_address_from_before_its_rules_is_taken_out_too(
    directory: Directory, ada: str, emails: list[dict[str, Any]]
) -> None:
    User.objects.filter(pk=ada).update(email='"a\x0cda"@example.com')
    changes = {"displayName": "Countess", **({"emails": emails} if emails else {})}

    answer = directory.patch(f"/Users/{ada}", replacing(None, changes), OFF)

    assert (answer.status, answer.body["active"]) == (200, False)
    assert answer.body["displayName"] == "Countess"


def test_the_last_owner_stays_whatever_else_is_sent(owner: Membership) -> None:
    directory = Directory.of(owner.organization)

    answer = directory.patch(f"/Users/{owner.user_id}", OFF, replacing("userName", " "))

    assert answer.status == 403
    assert rights(owner.organization, owner.user_id)


def test_departments_stay_as_they_are(directory: Directory, ada: str) -> None:
    member = Membership.objects.get(user=ada)
    department = DepartmentFactory.create(organization=member.organization)
    directory.patch(
        f"/Groups/{department.pk}", {"op": "add", "path": "members", "value": [{"value": ada}]}
    )

    directory.patch(f"/Users/{ada}", OFF, replacing("groups", []))

    assert member.department_memberships.get().department == department

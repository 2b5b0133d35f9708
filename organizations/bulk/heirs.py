"""Finds and checks the targets of resources before the work begins."""

from collections.abc import Iterable

from config.characters import clean, escaped
from config.identifiers import is_id
from organizations.bulk.people import People
from organizations.bulk.run import BadInputError, CannotStartError
from organizations.guards.transfer_targets import Targets, is_type
from organizations.models import Membership, Organization
from users.email_address import canonical_address
from users.models import User


def find_target(organization: Organization, named: str) -> str | None:
    """Return the id of the department or person named by an id or address; None for "".

    Raises CannotStartError if it is no department or active member of the organization.
    """
    if not named:
        return None
    if is_id("usr", named) or "@" in named:
        account = User.objects.filter(email=canonical_address(named)).first()
        user_id = account.pk if account else named
        if not _active(organization, [user_id]):
            raise CannotStartError(f"{no_active_member(named)}.")
        return user_id
    if not organization.departments.filter(pk=named).exists():
        message = f"{organization} has no department with the id {escaped(named)}."
        if namesake := organization.departments.filter(name_key=named).first():
            message += f" {namesake} has the id {namesake.pk}."
        raise CannotStartError(message)
    return named


def find_targets(organization: Organization, named: str, by_type: Iterable[str]) -> Targets:
    """Return the targets of a default and of ``TYPE=TARGET``, each found as by `find_target`.

    Raises CannotStartError also where the type or the target is missing, or a type stands twice.
    """
    found: dict[str, str | None] = {}
    for text in by_type:
        type_name, _, target = map(str.strip, clean(text).partition("="))
        if not is_type(type_name) or not target:
            raise CannotStartError(
                f"--transfer-type {escaped(text)}: give it as TYPE=TARGET, such as"
                " repository=dept_eng001."
            )
        if type_name in found:
            raise CannotStartError(f"--transfer-type names the type {type_name} twice.")
        found[type_name] = find_target(organization, target)
    return Targets(find_target(organization, named), found)


def check_heirs(organization: Organization, people: People) -> None:
    """Raise BadInputError if an heir is among the leavers or is no active member."""
    if found := people.leaving_heir():
        name, *positions = found
        raise BadInputError(
            " and ".join(dict.fromkeys(positions)), f"{escaped(name)} is to take over, but leaves"
        )
    for heirs in people.heirs():
        active = _active(organization, [heir for heir, _ in heirs])
        for heir, position in heirs:
            if heir not in active:
                raise BadInputError(position, no_active_member(heir))


def _active(organization: Organization, user_ids: list[str]) -> set[str]:
    """Return which of these users are active members."""
    members = Membership.objects.active().of(organization.pk, user_ids)
    return set(members.values_list("user", flat=True))


def no_active_member(name: str) -> str:
    """Return the message about an heir who is no active member."""
    return f"{escaped(name)} is no active member, so cannot take over"

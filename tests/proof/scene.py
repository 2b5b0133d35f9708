"""A server on a faulty line, and what an owner asks of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from organizations.api.bodies import BY_TYPE, TO_DEPARTMENT
from organizations.models import Department, Membership
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OrganizationFactory,
    ResourceFactory,
)
from tests.organizations.api.address import address_of
from tests.production import Answer, Production, serving, token_of
from tests.proof.faulty_line import Fault, FaultyLine, faulty_line

NO_FAULT = Fault(0)  # statements are counted from one


@dataclass
class Scene:
    """A server on a faulty line, and an owner who removes and deactivates members."""

    line: FaultyLine
    server: Production
    owner: Membership
    department: Department
    token: str

    def member(self) -> Membership:
        """A new member who has some of everything."""
        member = MembershipFactory.create(
            organization=self.owner.organization,
            roles=["Admin", "Member"],
            departments=[self.department],
        )
        for type_name in ("document", "repository"):
            ResourceFactory.create(
                organization=member.organization, owner=member.user, type=type_name
            )
        return member

    def remove(self, member: Membership) -> Answer:
        """Ask for a removal."""
        body = {"confirm": True, **self._targets()}
        return self.server.ask("DELETE", address_of(member), token=self.token, body=body)

    def deactivate(self, member: Membership) -> Answer:
        """Ask for a deactivation."""
        body = self._targets()
        path = f"{address_of(member)}/deactivate"
        return self.server.ask("POST", path, token=self.token, body=body)

    def _targets(self) -> dict[str, object]:
        """Documents pass to the department, and the owner has the repositories."""
        return {
            TO_DEPARTMENT: self.department.pk,
            BY_TYPE: {"repository": self.owner.user_id},
        }

    def worker(self) -> int:
        """The process that answers, which is the newest one."""
        self.server.until_ready()
        status = f"/proc/{self.server.program.process.pid}/task/{self.server.program.process.pid}"
        with open(f"{status}/children") as children:
            return max(int(pid) for pid in children.read().split())


@contextmanager
def server_on_a_faulty_line() -> Iterator[tuple[FaultyLine, Production]]:
    """Serve the database of the test by a line on which statements can be made to fail."""
    with (
        faulty_line() as line,
        serving(
            *("--workers", "1", "--threads", "1"),
            DATABASE_URL=line.url,
            RATE_PER_TOKEN="",
            RATE_PER_ADDRESS="",
            EMAIL_URL="smtp://127.0.0.1:1",  # whoever is invited is to be told
        ) as server,
    ):
        yield line, server


def set_scene(line: FaultyLine, server: Production) -> Scene:
    """Return a scene with a new owner; no fault of an earlier one happens in it."""
    line.expect(NO_FAULT)
    organization = OrganizationFactory.create()
    owner = MembershipFactory.create(organization=organization, roles=["Owner"])
    department = DepartmentFactory.create(organization=organization)
    OffboardingStepFactory.create(organization=organization, assigned_to_department=department)
    return Scene(line, server, owner, department, token_of(owner.user))

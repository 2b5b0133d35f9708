"""The lists of tasks read about as many rows as they show, among many of one organization."""

import pytest
from django.db import connection
from django.utils import timezone

from organizations.models import OffboardingTask, Organization, Source
from organizations.removal.service import remove_members
from tests.benchmarks.world import make_organization
from tests.callers import CallerWith
from tests.factories import DepartmentFactory, MembershipFactory, OffboardingStepFactory
from tests.organizations.handover.verbs import by
from tests.programs import connect_program
from tests.sequential_scans import MANY, analyze, rows_read

# One of two hundred is open, all are late; half are a department's that nobody asks for.
WORLD = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO organizations_offboardingtask (
        id, removal_id, organization_id, key, title, description, department_name,
        due_at, state, note, closed_at, assigned_to_department_id, assigned_to_user_id,
        assigned_to_connection_id
    )
    SELECT 'tsk_' || lpad(i::text, 6, '0'), 'rem_' || i / 5, %(organization)s,
        'step-' || i %% 5, 'Step', '', '', now() - make_interval(mins => i),
        CASE WHEN i %% 200 = 0 THEN 'open' ELSE 'done' END, '',
        CASE WHEN i %% 200 <> 0 THEN now() END,
        CASE WHEN i %% 2 = 0 THEN %(others)s WHEN i %% 1000 = 1 THEN %(department)s END,
        CASE WHEN i %% 1000 = 3 THEN %(user)s END,
        CASE WHEN i %% 1000 = 5 THEN %(connection)s END
    FROM generate_series(1, %(number)s) AS i;
    SET LOCAL session_replication_role = origin;
"""


@pytest.mark.django_db
def test_a_page_reads_what_it_is_about(organization: Organization) -> None:
    department, others = DepartmentFactory.create_batch(2, organization=organization)
    person = MembershipFactory.create(organization=organization, departments=[department])
    system, _ = connect_program(organization)
    with connection.cursor() as cursor:
        cursor.execute(
            WORLD,
            {
                "organization": organization.pk,
                "department": department.pk,
                "others": others.pk,
                "user": person.user_id,
                "connection": system.pk,
                "number": MANY,
            },
        )
    analyze("organizations_offboardingtask")
    tasks = OffboardingTask.objects.filter(organization=organization)
    late = tasks.filter(pk__gt="tsk_010000").order_by("pk")
    pages = {
        "all": late,
        "open": late.open(),
        "overdue": tasks.overdue(timezone.now()).order_by("due_at", "pk"),
        "of a person and their department": tasks.assigned_to(by(person)).order_by("pk"),
        "of a system": late.assigned_to(by(system)),
        "in use": OffboardingTask.objects.filter(open_department=others.pk),
    }

    for name, page in pages.items():
        before = rows_read("organizations_offboardingtask")
        assert len(page[:10]) == 10, name
        assert rows_read("organizations_offboardingtask") - before < MANY / 100, name


@pytest.mark.django_db
def test_the_record_of_a_task_is_not_looked_for_among_all_of_its_batch() -> None:
    """By its key, while PostgreSQL knows nothing of the table; all of a batch have one moment."""
    world = make_organization(1000, roles=0, departments=0, resources=0)
    OffboardingStepFactory.create(organization_id=world.organization_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_class SET reltuples = -1, relpages = 0"
            " WHERE relname LIKE 'organizations\\_removal%'"
        )

    outcomes = remove_members(
        world.organization_id,
        world.user_ids,
        transfer_to=None,
        caller=CallerWith(source=Source.COMMAND),
    )

    assert len({outcome.removal_id for outcome in outcomes}) == 1000
    assert rows_read("organizations_removal") < 10_000

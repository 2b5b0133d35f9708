"""An erasure and its page read what is about the person, however much there is of others."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection

from organizations.models import Membership
from tests.directories import connect
from tests.factories import MembershipFactory, UserFactory
from tests.processor_time import of_database
from tests.removals import remove
from tests.sequential_scans import analyze, rows_read, tables_read_whole
from users.erasure.plan import ErasurePlan
from users.erasure.service import erase_account
from users.models import User

TABLES = (
    *("users_user", "users_formeraddress", "users_accesstoken", "users_user_groups"),
    *("django_admin_log", "django_session", "axes_accessattempt", "axes_accessfailurelog"),
    *("axes_accesslog", "organizations_membership", "organizations_removal"),
    *("organizations_event", "organizations_scheduledremoval", "organizations_scimidentity"),
    "procrastinate_jobs",
)

# As many others, each with a former address, a token, an entry of the admin's log, a session,
# failed logins, a job of a webhook, and a removal, an event and a schedule whose reason mentions
# their address; without triggers and keys, for which this would be no way in.
WORLD = """
    SET LOCAL session_replication_role = replica;
    CREATE TEMPORARY TABLE person ON COMMIT DROP AS
    SELECT i, lpad(i::text, 6, '0') AS number, 'person' || i || '@example.net' AS address
    FROM generate_series(1, %(many)s) AS i;
    INSERT INTO users_user
        (id, email, full_name, name_words, password, is_superuser, is_active, is_staff, created_at)
    SELECT 'usr_' || number, address, 'Lea Leaver', ARRAY['Lea Leaver'], '', false, true, false,
        now()
    FROM person;
    INSERT INTO users_formeraddress (account_id, address, had_until)
    SELECT 'usr_' || number, 'former' || address, now() FROM person;
    INSERT INTO users_accesstoken (user_id, name, digest, prefix, created_at, expires_at)
    SELECT 'usr_' || number, '', sha256(address::bytea), '', now(), now() FROM person;
    INSERT INTO users_user_groups (user_id, group_id) SELECT 'usr_' || number, 1 FROM person;
    INSERT INTO django_admin_log
        (action_time, object_id, object_repr, action_flag, change_message, content_type_id, user_id)
    SELECT now(), 'usr_' || number, 'Lea Leaver <' || address || '>', 2, 'wrote to ' || address,
        (SELECT id FROM django_content_type WHERE app_label = 'users' AND model = 'user'), 'usr_1'
    FROM person;
    INSERT INTO django_session (session_key, session_data, expire_date)
    SELECT number, '', now() FROM person;
    INSERT INTO axes_accessattempt (
        user_agent, ip_address, username, http_accept, path_info, attempt_time, get_data, post_data,
        failures_since_start
    )
    SELECT '', '192.0.2.1', address, '', '', now(), '', '', 1 FROM person;
    INSERT INTO axes_accessfailurelog
        (user_agent, ip_address, username, http_accept, path_info, attempt_time, locked_out)
    SELECT '', '192.0.2.1', address, '', '', now(), false FROM person;
    INSERT INTO axes_accesslog
        (user_agent, ip_address, username, http_accept, path_info, attempt_time, session_hash)
    SELECT '', '192.0.2.1', address, '', '', now(), '' FROM person;
    INSERT INTO organizations_membership (id, organization_id, user_id, created_at, deleted_at)
    SELECT 1000000 + i, %(organization)s, 'usr_' || number, now(), now() FROM person;
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, source, reason, roles, departments, resource_count,
        trace_id, requested_at, created_at
    )
    SELECT 'rem_' || number, %(organization)s, 1000000 + i, 'api', 'Lea of ' || address, '[]', '[]',
        0, '', now(), now()
    FROM person;
    INSERT INTO organizations_event
        (id, type, organization_id, user_id, source, reason, data, trace_id, created_at)
    SELECT 'evt_' || number, 'member.removed', %(organization)s, 'usr_' || number, 'api',
        'Lea of ' || address, '{}', '', now()
    FROM person;
    INSERT INTO organizations_scheduledremoval (
        id, organization_id, membership_id, remove_at, source, requested_at, reason, trace_id,
        status, failure, ended_at
    )
    SELECT 'sch_' || number, %(organization)s, 1000000 + i, now(), 'api', now(),
        'Lea of ' || address, '', 'cancelled', '', now()
    FROM person;
    INSERT INTO organizations_scimidentity (
        organization_id, user_id, user_name, external_id, formatted_name, given_name, family_name,
        display_name, changed_at, user_name_key
    )
    SELECT %(organization)s, 'usr_' || number, address, '', '', '', '', '', now(), address
    FROM person;
    INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)
    SELECT 'webhooks', 'send', jsonb_build_object('delivery_id', 'dlv_' || number), 'succeeded'
    FROM person;
    SET LOCAL session_replication_role = origin;
"""


@pytest.fixture
def user(owner: Membership) -> User:
    """Somebody who has left, with a little of everything, among many."""
    with connection.cursor() as cursor:
        cursor.execute(WORLD, {"organization": owner.organization_id, "many": 5_000})
    analyze()
    directory, _ = connect(owner.organization)
    member = MembershipFactory.create(
        organization=owner.organization,
        user__email="before@example.net",
        user__full_name="Lea Leaver",
    )
    User.objects.filter(pk=member.user_id).update(email="lea@example.net")
    user: User = User.objects.get(pk=member.user_id)
    LogEntry.objects.log_actions(owner.user_id, [user], CHANGE, "")
    remove(member, reason="Lea moved", connection=directory)
    for reason in ("wrote to lea@example.net", "https://x.example/?to=before%40example.net"):
        other = MembershipFactory.create(organization=owner.organization, user=UserFactory.create())
        remove(other, reason=reason)
    return user


def test_an_erasure_and_its_page_find_by_index_what_is_theirs(
    user: User, owner: Membership
) -> None:
    scans, rows = tables_read_whole(*TABLES), rows_read(*TABLES)

    plan = ErasurePlan.of(user, viewer=None)
    found = [*plan.reasons.record_ids, *plan.mentions.record_ids]
    receipt = erase_account(user.pk, actor=None, emptied=found)

    assert len(found) == 3
    assert receipt.account.erased_at
    assert {table for table, n in tables_read_whole(*TABLES).items() if n > scans[table]} == set()
    assert rows_read(*TABLES) - rows < 200


def test_a_text_of_ten_times_the_addresses_takes_about_ten_times_as_long(db: None) -> None:
    def once(addresses: int) -> float:
        with connection.cursor() as cursor:
            text = "SELECT users_addresses_in(repeat('a@b ', %s))"
            return of_database(lambda: cursor.execute(text, [addresses]))

    def seconds(addresses: int) -> float:  # the shortest: others share the processor's caches
        return min(once(addresses) for _ in range(5))

    seconds(10)  # what a connection reads once

    assert seconds(50_000) < 40 * seconds(5_000)

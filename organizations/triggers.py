"""Triggers for the invariants that no constraint can state.

Their functions are in ``organizations/guards/rules.sql``. They lock rows in the order that
``organizations/locks.py`` gives. That suffices under READ COMMITTED, the isolation of the settings.
"""

from collections.abc import Sequence

import pgtrigger

from config.triggers import AfterRow, AfterStatement, BeforeRow


def organization_of(
    table: str, key: str, *, name: str, operation: pgtrigger.Operation = pgtrigger.Insert
) -> pgtrigger.Trigger:
    """Return the trigger that gives a row the organization of the row that its key refers to."""
    func = f"""
        NEW.organization_id = (
            SELECT organization_id FROM {table} WHERE id = NEW.{key}
        );
        RETURN NEW;
    """  # noqa: S608 (our own text)
    return BeforeRow(name=name, operation=operation, func=func)


# Every organization has its Owner role, and an owner once it has had one.

starting_roles_are_given = AfterRow(
    name="starting_roles",
    operation=pgtrigger.Insert,
    func="PERFORM organizations_give_starting_roles(NEW.id); RETURN NULL;",
)

owner_role_is_deleted = AfterRow(
    name="owner_role_remains",
    operation=pgtrigger.Delete,
    timing=pgtrigger.Deferred,  # the organization is deleted after its roles
    condition=pgtrigger.Q(old__is_owner=True),
    func="PERFORM organizations_keep_owner_role(OLD.organization_id); RETURN NULL;",
)

owner_is_made = BeforeRow(
    name="new_owner_is_held",
    operation=pgtrigger.Insert,
    # Checked before the call, since few assignments are of owners: 100,000 at once take seconds,
    # with a call for each they take minutes.
    func="""
        IF EXISTS (SELECT FROM organizations_role WHERE id = NEW.role_id AND is_owner) THEN
            PERFORM organizations_hold_new_owner(NEW.membership_id);
        END IF;
        RETURN NEW;
    """,
)

# A role that the same statement deletes may have been the Owner role.
owner_role_is_taken = AfterStatement(
    name="owner_remains_on_revocation",
    operation=pgtrigger.Delete,
    referencing=pgtrigger.Referencing(old="revoked"),  # type: ignore[no-untyped-call]
    func="""
        PERFORM organizations_keep_an_owner(ARRAY(
            SELECT revoked.organization_id
            FROM revoked LEFT JOIN organizations_role AS role ON role.id = revoked.role_id
            WHERE role.is_owner IS NOT FALSE
        ));
        RETURN NULL;
    """,
)

# Runs once per statement; a per-row trigger re-reads every deactivated owner to find one who
# remains (500 took 46 s of processor time, now 0.4 s).
owner_is_deactivated = AfterStatement(
    name="owner_remains_on_deactivation",
    operation=pgtrigger.Update,
    referencing=pgtrigger.Referencing(old="previous", new="changed"),  # type: ignore[no-untyped-call]
    func="""
        IF EXISTS (SELECT FROM changed WHERE deactivated_at IS NOT NULL) THEN
            PERFORM organizations_keep_an_owner(ARRAY(
                SELECT DISTINCT unnest(organizations_owned_through(id))
                FROM (
                    SELECT id FROM changed WHERE deactivated_at IS NOT NULL
                    EXCEPT
                    SELECT id FROM previous WHERE deactivated_at IS NOT NULL
                ) AS deactivated
            ));
        END IF;
        RETURN NULL;
    """,
)

owner_account_is_disabled = AfterRow(
    name="owner_remains_on_disabling",
    operation=pgtrigger.UpdateOf("is_active"),  # type: ignore[no-untyped-call]
    condition=pgtrigger.Q(old__is_active=True, new__is_active=False),
    func="""
        PERFORM organizations_keep_an_owner(ARRAY(
            SELECT role.organization_id
            FROM organizations_membership AS membership
            JOIN organizations_roleassignment AS assignment
                ON assignment.membership_id = membership.id
            JOIN organizations_role AS role ON role.id = assignment.role_id
            WHERE membership.user_id = NEW.id AND role.is_owner
        ));
        RETURN NULL;
    """,
)

# A membership begins now, whatever is inserted, by the clock by which tokens are issued: the time
# decides which tokens reach it. The clock is read after the account is locked, and a token that is
# issued meanwhile waits for the commit (users/models/access_token.py).
member_is_added = BeforeRow(
    name="member_is_added",
    operation=pgtrigger.Insert,
    func="""
        PERFORM organizations_refuse_erased(NEW.user_id);
        NEW.created_at = clock_timestamp();
        RETURN NEW;
    """,
)

# Without its binding a token would reach all organizations of its user: they are deleted together.
binding_is_deleted = AfterRow(
    name="deleted_with_its_token",
    operation=pgtrigger.Delete,
    timing=pgtrigger.Deferred,  # the token is deleted after its binding
    func="""
        IF EXISTS (SELECT FROM users_accesstoken WHERE id = OLD.token_id) THEN
            RAISE EXCEPTION 'a token stays bound'
                USING ERRCODE = 'restrict_violation', HINT = 'Revoke it, or delete the token.';
        END IF;
        RETURN NULL;
    """,
)

# Makes the key of a name that is written without one, by hand or by the version before keys: then
# the key is unchanged, but the words of the name are not. It nearly equals the application's own
# key (config/case_insensitive_names.py), which replaces it when the department is saved next.
department_is_named = BeforeRow(
    name="has_a_key",
    operation=pgtrigger.Insert | pgtrigger.Update,
    func="""
        IF NEW.name_key = '' OR (
            TG_OP = 'UPDATE' AND NEW.name_key = OLD.name_key
            AND NEW.name_words[2:] IS DISTINCT FROM OLD.name_words[2:]
        ) THEN
            NEW.name_key = left(lower(btrim(normalize(NEW.name, NFKC), E' \\t\\n\\r\\f\\v')), 600);
        END IF;
        RETURN NEW;
    """,
)

# The same for a directory's name of a member. Only a change of ASCII letters shows that the key was
# not written: the database may not fold the case of other letters as the application does.
identity_is_named = BeforeRow(
    name="has_a_key",
    operation=pgtrigger.Insert | pgtrigger.Update,
    func="""
        IF NEW.user_name_key = '' OR (
            TG_OP = 'UPDATE' AND NEW.user_name_key = OLD.user_name_key
            AND regexp_replace(lower(NEW.user_name), '[^[:ascii:]]', '', 'g')
                <> regexp_replace(lower(OLD.user_name), '[^[:ascii:]]', '', 'g')
        ) THEN
            NEW.user_name_key =
                left(lower(btrim(normalize(NEW.user_name, NFKC), E' \\t\\n\\r\\f\\v')), 600);
        END IF;
        RETURN NEW;
    """,
)

schedule_is_made = organization_of(
    "organizations_membership", "membership_id", name="of_the_memberships_organization"
)

schedule_is_done = BeforeRow(
    name="done_by_its_members_removal",
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("removal_id", "membership_id"),  # type: ignore[no-untyped-call]
    condition=pgtrigger.Condition("NEW.removal_id IS NOT NULL"),
    func="""
        IF NOT EXISTS (
            SELECT FROM organizations_removal
            WHERE id = NEW.removal_id AND membership_id = NEW.membership_id
        ) THEN
            RAISE EXCEPTION 'a schedule is done by the removal of its own member'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)

restoration_is_made = BeforeRow(
    name="of_whom_the_removal_removed",
    operation=pgtrigger.Insert,
    func="""
        IF NOT organizations_comes_back(NEW.removal_id, NEW.membership_id) THEN
            RAISE EXCEPTION 'a restoration gives a later membership to whom its removal removed'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)

# Announces events to the organization's webhook endpoints, whoever writes them, by one job for all
# events of the transaction. Without endpoints it costs one index look-up.
events_are_announced = AfterStatement(
    name="announced",
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="logged"),  # type: ignore[no-untyped-call]
    declare=[("heard", "text[]"), ("this_transaction", "text")],
    func="""
        heard = ARRAY(
            SELECT logged.id
            FROM logged
            WHERE logged.type <> 'webhook.test' AND logged.organization_id IN (
                SELECT organization_id FROM organizations_webhookendpoint WHERE disabled_at IS NULL
            )
        );
        IF heard = '{}' THEN
            RETURN NULL;
        END IF;
        this_transaction = 'events of transaction ' || pg_current_xact_id();
        UPDATE procrastinate_jobs
            SET args = jsonb_build_object('event_ids', args -> 'event_ids' || to_jsonb(heard))
            WHERE queueing_lock = this_transaction AND status = 'todo';
        IF NOT FOUND THEN
            PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(
                'webhooks', 'organizations.events.tasks.fan_out', 0, NULL, this_transaction,
                jsonb_build_object('event_ids', heard), NULL
            )::procrastinate_job_to_defer_v1]);
        END IF;
        RETURN NULL;
    """,
)

# Records.

never_changed_or_deleted = pgtrigger.Protect(
    name="never_changed_or_deleted", operation=pgtrigger.Update | pgtrigger.Delete
)


def append_only(exclude: Sequence[str] = ()) -> list[pgtrigger.Trigger]:
    """Return the triggers of an append-only record; only its reason can be emptied.

    ``exclude`` names the fields that the database generates. Every other field is protected.
    """
    never_deleted = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)
    return [never_deleted, *only_emptied(exclude)]


def only_emptied(exclude: Sequence[str] = ()) -> list[pgtrigger.Trigger]:
    """Return the triggers of a record of which only the reason can be changed: it can be emptied.

    ``exclude`` is that of `append_only`.
    """
    return [
        pgtrigger.ReadOnly(name="never_changed", exclude=["reason", *exclude]),
        pgtrigger.Protect(
            name="reason_is_only_emptied",
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition("NEW.reason <> ''"),
        ),
    ]


# The transaction that deletes sets the age, since the application knows how long events are kept;
# without it nothing can be deleted. Events of members stay, however old: rules read them.
event_is_deleted = BeforeRow(
    name="deleted_when_old",
    operation=pgtrigger.Delete,
    declare=[("kept_from", "text")],
    func="""
        kept_from = nullif(current_setting('offboard.kept_from', true), '');
        IF OLD.created_at < kept_from::timestamptz
            AND NOT EXISTS (
                SELECT FROM organizations_membership
                WHERE organization_id = OLD.organization_id AND user_id = OLD.user_id
                    AND deleted_at IS NULL
            )
        THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'Cannot delete rows from % table: old events alone, of no member',
            TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    """,
)

# An old closed task is deleted whoever it is about, since the record of the removal stays.
task_is_deleted = BeforeRow(
    name="deleted_when_old",
    operation=pgtrigger.Delete,
    declare=[("kept_from", "text")],
    func="""
        kept_from = nullif(current_setting('offboard.kept_from', true), '');
        IF OLD.closed_at < kept_from::timestamptz THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'Cannot delete rows from % table: tasks closed long ago alone',
            TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    """,
)

# A position is deleted after its event. The last one without an event stays: readers who have read
# that far refer to it, and the next positions count from it.
position_is_deleted = BeforeRow(
    name="deleted_after_its_event",
    operation=pgtrigger.Delete,
    func="""
        IF NOT EXISTS (SELECT FROM organizations_event WHERE id = OLD.event_id)
            AND OLD.position < (
                SELECT truncated_to FROM organizations_eventorder
                WHERE organization_id = OLD.organization_id
            )
        THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'Cannot delete rows from % table: positions without their event alone',
            TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    """,
)

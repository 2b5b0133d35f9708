"""Triggers for the invariants of resources that no constraint can state.

Their functions are in ``rules.sql`` here and in ``organizations/guards/rules.sql``.
"""

import pgtrigger

from config.triggers import AfterRow, AfterStatement, BeforeRow
from organizations.triggers import organization_of

# Only active members are given resources. What a leaver keeps is not given.

# Runs once per statement: 10 ms for 10,000 rows, a fifth of the time of a per-row trigger.
resource_is_made = AfterStatement(
    name="new_resource_of_active_member",
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="made"),  # type: ignore[no-untyped-call]
    func="""
        PERFORM organizations_hold_resource_owners(
            array_agg(organization_id), array_agg(owner_id)
        )
        FROM made WHERE owner_id IS NOT NULL;
        PERFORM organizations_hold_marks(array_agg(organization_id), array_agg(removal_id))
        FROM (
            SELECT DISTINCT organization_id, removal_id FROM made WHERE removal_id IS NOT NULL
        ) AS mark;
        RETURN NULL;
    """,
)

# By a set operation: a connection keeps the plan of its first call, perhaps for one row, and a join
# would then compare each row with each.
resource_is_passed_on = AfterStatement(
    name="resource_to_active_member",
    operation=pgtrigger.Update,
    referencing=pgtrigger.Referencing(old="previous", new="changed"),  # type: ignore[no-untyped-call]
    func="""
        PERFORM organizations_hold_resource_owners(
            array_agg(organization_id), array_agg(owner_id)
        )
        FROM (
            SELECT id, organization_id, owner_id FROM changed WHERE owner_id IS NOT NULL
            EXCEPT ALL
            SELECT id, organization_id, owner_id FROM previous
        ) AS given;
        PERFORM organizations_hold_marks(array_agg(organization_id), array_agg(removal_id))
        FROM (
            SELECT DISTINCT organization_id, removal_id FROM changed WHERE removal_id IS NOT NULL
        ) AS mark;
        RETURN NULL;
    """,
)

# A move names existing removals.
resource_is_moved = AfterStatement(
    name="moved_by_removals",
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="made"),  # type: ignore[no-untyped-call]
    func="""
        PERFORM organizations_hold_marks(NULL, array_agg(id))
        FROM (
            SELECT removal_id AS id FROM made
            UNION
            SELECT previous_removal_id FROM made WHERE previous_removal_id IS NOT NULL
        ) AS mark;
        RETURN NULL;
    """,
)

# A mark says that a removal put the resource where it is, so any other change of owner empties it.
# A removal and a restoration set another mark themselves.
resource_changes_owner = BeforeRow(
    name="mark_ends_with_owner",
    operation=pgtrigger.UpdateOf("owner_id", "department_id"),  # type: ignore[no-untyped-call]
    condition=pgtrigger.Condition(
        "OLD.removal_id IS NOT NULL AND NEW.removal_id IS NOT DISTINCT FROM OLD.removal_id"
        " AND (NEW.owner_id, NEW.department_id)"
        " IS DISTINCT FROM (OLD.owner_id, OLD.department_id)"
    ),
    func="NEW.removal_id = NULL; RETURN NEW;",
)

# What other systems say of a resource stays with it.

entry_is_made = AfterStatement(
    name="of_its_resource",
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="made"),  # type: ignore[no-untyped-call]
    func="""
        PERFORM organizations_hold_entries(
            array_agg(resource_id), array_agg(organization_id), array_agg(type)
        )
        FROM made;
        RETURN NULL;
    """,
)

entry_changes_type = AfterRow(
    name="type_of_its_resource",
    operation=pgtrigger.UpdateOf("type"),  # type: ignore[no-untyped-call]
    condition=pgtrigger.Q(new__type__df=pgtrigger.F("old__type")),
    func="""
        PERFORM organizations_hold_entries(
            ARRAY[NEW.resource_id], ARRAY[NEW.organization_id], ARRAY[NEW.type]
        );
        RETURN NULL;
    """,
)

# The type is in both rows: in the resource for transfers, in its entry for keys and lists.
resource_changes_type = AfterRow(
    name="type_of_its_entry",
    operation=pgtrigger.UpdateOf("type"),  # type: ignore[no-untyped-call]
    condition=pgtrigger.Q(new__type__df=pgtrigger.F("old__type")),
    func="""
        UPDATE organizations_resourceentry SET type = NEW.type WHERE resource_id = NEW.id;
        RETURN NULL;
    """,
)

types_are_limited = AfterStatement(
    name="types_are_limited",
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="made"),  # type: ignore[no-untyped-call]
    func="""
        PERFORM organizations_limit_types(array_agg(DISTINCT organization_id)) FROM made;
        RETURN NULL;
    """,
)

removed_resources_are_recorded = AfterStatement(
    name="of_removals",
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="made"),  # type: ignore[no-untyped-call]
    func="""
        PERFORM organizations_hold_marks(array_agg(organization_id), array_agg(removal_id))
        FROM (SELECT DISTINCT organization_id, removal_id FROM made) AS mark;
        RETURN NULL;
    """,
)

transfer_of_schedule_is_named = organization_of(
    "organizations_scheduledremoval", "schedule_id", name="of_the_schedules_organization"
)

transfer_of_connection_is_named = organization_of(
    "organizations_scimconnection",
    "connection_id",
    name="of_the_connections_organization",
    operation=pgtrigger.Insert | pgtrigger.Update,
)

"""The invariants of the design as queries: each returns the rows that break it."""

from django.db import connection

_OWNERS = """
    SELECT FROM organizations_roleassignment AS assignment
    JOIN organizations_role AS role ON role.id = assignment.role_id AND role.is_owner
    JOIN organizations_membership AS membership ON membership.id = assignment.membership_id
    JOIN users_user AS account ON account.id = membership.user_id
    WHERE assignment.organization_id = organization.id
"""

_RECORDS = """
    SELECT removal.id, 'removal_id' AS key, 'member.removed' AS type,
        jsonb_build_object('removal_id', removal.id) AS data, member.organization_id,
        member.user_id, removal.actor_id, removal.source, removal.trace_id, removal.created_at
    FROM organizations_removal AS removal
    JOIN organizations_membership AS member ON member.id = removal.membership_id
    UNION ALL
    SELECT restoration.id, 'restoration_id', 'member.restored',
        jsonb_build_object('restoration_id', restoration.id, 'removal_id', restoration.removal_id),
        member.organization_id, member.user_id, restoration.actor_id, restoration.source,
        restoration.trace_id, restoration.created_at
    FROM organizations_restoration AS restoration
    JOIN organizations_membership AS member ON member.id = restoration.membership_id
"""

_IDS = "ARRAY(SELECT entry ->> 'id' FROM jsonb_array_elements({}) AS entry ORDER BY 1)"

INVARIANTS = {
    "1. one active membership for a user in an organization": """
        SELECT organization_id, user_id FROM organizations_membership
        WHERE deleted_at IS NULL GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "2. a removed member holds no role": """
        SELECT held.id FROM organizations_roleassignment AS held
        JOIN organizations_membership AS membership ON membership.id = held.membership_id
        WHERE membership.deleted_at IS NOT NULL
    """,
    "2. a removed member belongs to no department": """
        SELECT held.id FROM organizations_departmentmembership AS held
        JOIN organizations_membership AS membership ON membership.id = held.membership_id
        WHERE membership.deleted_at IS NOT NULL
    """,
    "3. a role is held within its organization": """
        SELECT held.id FROM organizations_roleassignment AS held
        JOIN organizations_membership AS membership ON membership.id = held.membership_id
        JOIN organizations_role AS role ON role.id = held.role_id
        WHERE held.organization_id <> membership.organization_id
            OR held.organization_id <> role.organization_id
    """,
    "3. a department is joined within its organization": """
        SELECT held.id FROM organizations_departmentmembership AS held
        JOIN organizations_membership AS membership ON membership.id = held.membership_id
        JOIN organizations_department AS department ON department.id = held.department_id
        WHERE held.organization_id <> membership.organization_id
            OR held.organization_id <> department.organization_id
    """,
    "3. a resource's and a removal's department are of their organization": """
        SELECT resource.id FROM organizations_resource AS resource
        JOIN organizations_department AS department ON department.id = resource.department_id
        WHERE resource.organization_id <> department.organization_id
        UNION ALL
        SELECT removal.id FROM organizations_removal AS removal
        JOIN organizations_department AS department ON department.id = removal.transferred_to_id
        WHERE removal.organization_id <> department.organization_id
    """,
    "4. a resource has one of owner and department": """
        SELECT id FROM organizations_resource WHERE num_nonnulls(owner_id, department_id) <> 1
    """,
    "4. what a removal moved is where its move put it, in its organization": """
        SELECT resource.id FROM organizations_resource AS resource
        JOIN organizations_removal AS removal ON removal.id = resource.removal_id
        JOIN organizations_resourcemove AS move
            ON move.removal_id = resource.removal_id AND move.resource_id = resource.id
        WHERE resource.organization_id <> removal.organization_id
            OR resource.department_id IS DISTINCT FROM move.transferred_to_id
            OR resource.owner_id IS DISTINCT FROM move.transferred_to_user_id
    """,
    "4. what a removal moved and is still there comes back with its member": """
        SELECT resource.id FROM organizations_resource AS resource
        JOIN organizations_restoration AS restoration
            ON restoration.removal_id = resource.removal_id
    """,
    "4. a removal has a move of each resource that it passed on, by type, to its target": """
        SELECT removal_id FROM (
            SELECT removal_id, type, count, transferred_to_id, transferred_to_user_id
            FROM organizations_removedresources
            WHERE num_nonnulls(transferred_to_id, transferred_to_user_id) = 1
        ) AS passed
        FULL JOIN (
            SELECT removal_id, type, count(*) AS count, transferred_to_id, transferred_to_user_id
            FROM organizations_resourcemove
            GROUP BY removal_id, type, transferred_to_id, transferred_to_user_id
        ) AS moved USING (removal_id, type)
        WHERE (
            passed.count, passed.transferred_to_id, passed.transferred_to_user_id
        ) IS DISTINCT FROM (moved.count, moved.transferred_to_id, moved.transferred_to_user_id)
    """,
    "4. a record counts what was owned, by type and in all": """
        SELECT removal.id FROM organizations_removal AS removal
        LEFT JOIN organizations_removedresources AS owned ON owned.removal_id = removal.id
        GROUP BY removal.id
        HAVING coalesce(sum(owned.count), 0) <> removal.resource_count
    """,
    "4. a mark is of a removal that moved the resource": """
        SELECT resource.id FROM organizations_resource AS resource
        LEFT JOIN organizations_resourcemove AS move
            ON move.removal_id = resource.removal_id AND move.resource_id = resource.id
        WHERE resource.removal_id IS NOT NULL AND move.removal_id IS NULL
    """,
    "4. a mark below another is of a removal that gave it to who left then": """
        SELECT move.resource_id FROM organizations_resourcemove AS move
        JOIN organizations_removal AS removal ON removal.id = move.removal_id
        JOIN organizations_membership AS membership ON membership.id = removal.membership_id
        LEFT JOIN organizations_resourcemove AS below
            ON below.removal_id = move.previous_removal_id
            AND below.resource_id = move.resource_id
        WHERE move.previous_removal_id IS NOT NULL
            AND below.transferred_to_user_id IS DISTINCT FROM membership.user_id
    """,
    "4. what a removal moved is there, or an event says that it was deleted": """
        SELECT organization_id FROM (
            SELECT removal.organization_id, count(DISTINCT move.resource_id) AS number
            FROM organizations_resourcemove AS move
            JOIN organizations_removal AS removal ON removal.id = move.removal_id
            LEFT JOIN organizations_resource AS resource ON resource.id = move.resource_id
            WHERE resource.id IS NULL
            GROUP BY removal.organization_id
        ) AS gone
        LEFT JOIN (
            SELECT organization_id, sum((each ->> 'count')::int) AS number
            FROM organizations_event, jsonb_array_elements(data -> 'resources') AS each
            WHERE type = 'resources.deleted'
            GROUP BY organization_id
        ) AS deleted USING (organization_id)
        WHERE gone.number > coalesce(deleted.number, 0)
    """,
    "4. a resource and its entry are of one type and one organization": """
        SELECT resource.id FROM organizations_resource AS resource
        LEFT JOIN organizations_resourceentry AS entry ON entry.resource_id = resource.id
        WHERE (entry.organization_id, entry.type)
            IS DISTINCT FROM (resource.organization_id, resource.type)
    """,
    "4. nobody takes over from themself, of any type": """
        SELECT removal.id FROM organizations_removal AS removal
        JOIN organizations_membership AS membership ON membership.id = removal.membership_id
        LEFT JOIN organizations_removedresources AS owned ON owned.removal_id = removal.id
        WHERE membership.user_id IN (removal.transferred_to_user_id, owned.transferred_to_user_id)
    """,
    "5. an ended membership has one removal, and only an ended one": """
        SELECT membership.id FROM organizations_membership AS membership
        LEFT JOIN organizations_removal AS removal ON removal.membership_id = membership.id
        GROUP BY membership.id
        HAVING count(removal.id) <> (membership.deleted_at IS NOT NULL)::int
    """,
    "5. a membership ends at the moment that its record names": """
        SELECT removal.id FROM organizations_removal AS removal
        JOIN organizations_membership AS membership ON membership.id = removal.membership_id
        WHERE membership.deleted_at <> removal.created_at
    """,
    "5. a removal and a restoration have one event each, which says the same": f"""
        SELECT record.id FROM ({_RECORDS}) AS record
        LEFT JOIN organizations_event AS event
            ON event.type = record.type AND event.data ->> record.key = record.id
        GROUP BY record.id
        HAVING count(event.id) <> 1 OR NOT bool_and(
            event.data = record.data
            AND event.organization_id = record.organization_id
            AND event.user_id = record.user_id
            AND event.actor_id IS NOT DISTINCT FROM record.actor_id
            AND event.source = record.source
            AND event.trace_id = record.trace_id
            AND event.created_at = record.created_at
        )
    """,  # noqa: S608 (its own text)
    "5. no removal and no restoration is in the log alone": f"""
        SELECT event.id FROM organizations_event AS event
        LEFT JOIN ({_RECORDS}) AS record
            ON event.type = record.type AND event.data ->> record.key = record.id
        WHERE event.type IN ('member.removed', 'member.restored') AND record.id IS NULL
    """,  # noqa: S608 (its own text)
    "5. a deactivation has its event, at its moment": """
        SELECT membership.id FROM organizations_membership AS membership
        WHERE membership.deactivated_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM organizations_event AS event
            WHERE event.type = 'member.deactivated'
                AND event.organization_id = membership.organization_id
                AND event.user_id = membership.user_id
                AND event.created_at = membership.deactivated_at
        )
    """,
    # Who is deactivated by now was deactivated when restored, or was since.
    "5. deactivations and reactivations have an event each, and no event is without one": """
        SELECT user_id FROM (
            SELECT organization_id, user_id, 1 AS deactivated FROM organizations_membership
            WHERE deactivated_at IS NOT NULL
            UNION ALL
            SELECT former.organization_id, former.user_id, -1
            FROM organizations_restoration AS restoration
            JOIN organizations_removal AS removal ON removal.id = restoration.removal_id
            JOIN organizations_membership AS former ON former.id = removal.membership_id
            WHERE former.deactivated_at IS NOT NULL
            UNION ALL
            SELECT organization_id, user_id, CASE type WHEN 'member.deactivated' THEN -1 ELSE 1 END
            FROM organizations_event
            WHERE type IN ('member.deactivated', 'member.reactivated')
        ) AS change
        GROUP BY organization_id, user_id HAVING sum(deactivated) <> 0
    """,
    "5. who passed something on is named by its event, with how much and to whom": """
        SELECT id FROM organizations_event
        WHERE type = 'resources.transferred' AND (
            (data ->> 'resource_count')::int <= 0
            OR num_nonnulls(data ->> 'department_id', data ->> 'heir_id') <> 1
        )
    """,
    "5. an event counts what passed on by type and in all": """
        SELECT id FROM organizations_event
        WHERE type IN ('resources.transferred', 'member.deactivated')
            AND (data ->> 'resource_count')::int <> (
                SELECT coalesce(sum((each ->> 'count')::int), 0)
                FROM jsonb_array_elements(data -> 'resources') AS each
            )
    """,
    "5. who was restored is who was removed, in their next tenure, which begins after the last": """
        SELECT restoration.id FROM organizations_restoration AS restoration
        JOIN organizations_removal AS removal ON removal.id = restoration.removal_id
        JOIN organizations_membership AS before ON before.id = removal.membership_id
        JOIN organizations_membership AS since ON since.id = restoration.membership_id
        WHERE (before.organization_id, before.user_id) <> (since.organization_id, since.user_id)
            OR since.created_at < before.deleted_at
            OR restoration.created_at < removal.created_at
            OR EXISTS (
                SELECT FROM organizations_membership AS between_them
                WHERE between_them.organization_id = since.organization_id
                    AND between_them.user_id = since.user_id
                    AND between_them.id > before.id AND between_them.id < since.id
            )
    """,
    "5. a restoration accounts for all that its removal took, once": f"""
        SELECT restoration.id FROM organizations_restoration AS restoration
        JOIN organizations_removal AS removal ON removal.id = restoration.removal_id
        WHERE {_IDS.format("removal.roles")}
            <> {_IDS.format("restoration.roles || restoration.roles_not_restored")}
            OR {_IDS.format("removal.departments")}
            <> {_IDS.format("restoration.departments || restoration.departments_not_restored")}
            OR restoration.resource_count + restoration.resources_not_restored <> (
                SELECT coalesce(sum(passed.count), 0)
                FROM organizations_removedresources AS passed
                WHERE passed.removal_id = removal.id
                    AND num_nonnulls(passed.transferred_to_id, passed.transferred_to_user_id) = 1
            )
    """,  # noqa: S608 (its own text)
    "5. a schedule that is done names the removal of its membership, which names its request": """
        SELECT schedule.id FROM organizations_scheduledremoval AS schedule
        JOIN organizations_removal AS removal ON removal.id = schedule.removal_id
        WHERE removal.membership_id <> schedule.membership_id
            OR removal.source <> 'schedule'
            OR removal.requested_at <> schedule.requested_at
            OR removal.actor_id IS DISTINCT FROM schedule.requested_by_id
    """,
    "a task of an undone removal is closed, and no other is cancelled": """
        SELECT task.id FROM organizations_offboardingtask AS task
        LEFT JOIN organizations_restoration AS restoration
            ON restoration.removal_id = task.removal_id
        WHERE CASE WHEN restoration.id IS NULL THEN task.state = 'cancelled'
            ELSE task.state IN ('open', 'failed') END
    """,
    "a task that somebody closed has an event that says so, and who has it is in its place": """
        SELECT task.id FROM organizations_offboardingtask AS task
        LEFT JOIN organizations_department AS department
            ON department.id = task.assigned_to_department_id
        LEFT JOIN organizations_scimconnection AS connection
            ON connection.id = task.assigned_to_connection_id
        WHERE task.state IN ('done', 'failed', 'skipped') AND NOT EXISTS (
                SELECT FROM organizations_event AS event
                WHERE event.type = 'task.closed' AND event.data ->> 'task_id' = task.id
                    AND event.data ->> 'state' = task.state
            )
            OR task.organization_id
                <> coalesce(department.organization_id, connection.organization_id)
            OR task.state = 'open' AND department.id IS NULL
                AND task.assigned_to_department_id IS NOT NULL
    """,
    "a token reaches no membership that was made after it": """
        SELECT id FROM users_accesstoken WHERE reaches_before < created_at
    """,
    "a directory's identity names a connection of its organization": """
        SELECT identity.id FROM organizations_scimidentity AS identity
        LEFT JOIN organizations_scimconnection AS known ON known.id = identity.connection_id
        LEFT JOIN organizations_scimconnection AS maker ON maker.id = identity.account_made_by_id
        WHERE known.organization_id IS DISTINCT FROM identity.organization_id
            OR maker.organization_id <> identity.organization_id
    """,
    "a directory's identity that has not ended is of a member": """
        SELECT identity.id FROM organizations_scimidentity AS identity
        WHERE identity.ended_at IS NULL AND NOT EXISTS (
            SELECT FROM organizations_membership AS membership
            WHERE membership.organization_id = identity.organization_id
                AND membership.user_id = identity.user_id AND membership.is_current
        )
    """,
    "a domain that is not shared is of one organization": """
        SELECT name FROM organizations_domain WHERE NOT is_shared GROUP BY 1 HAVING count(*) > 1
    """,
    "the positions of an organization's events have no gap, and are of its events": """
        SELECT place.organization_id FROM organizations_eventposition AS place
        LEFT JOIN organizations_event AS event
            ON event.id = place.event_id AND event.organization_id = place.organization_id
        GROUP BY place.organization_id
        HAVING max(place.position) <> count(*) OR min(place.position) <> 1
            OR count(DISTINCT place.position) <> count(*) OR count(event.id) <> count(*)
    """,
    "a department's name is one in any case, without blanks around it": """
        SELECT organization_id FROM organizations_department
        GROUP BY organization_id, lower(btrim(name)) HAVING count(*) > 1
    """,
    "9. a resource's mark is of a removal of its organization": """
        SELECT resource.id FROM organizations_resource AS resource
        JOIN organizations_removal AS removal ON removal.id = resource.removal_id
        WHERE removal.organization_id <> resource.organization_id
    """,
    "9. the Owner role keeps its capability": """
        SELECT id FROM organizations_role
        WHERE is_owner AND NOT 'override_all_permissions' = ANY (capabilities)
    """,
    "6. an organization that had an owner has an active one": f"""
        SELECT organization.id FROM organizations_organization AS organization
        WHERE NOT EXISTS (
                {_OWNERS} AND account.is_active AND membership.deactivated_at IS NULL
            )
            AND (EXISTS ({_OWNERS}) OR EXISTS (
                SELECT FROM organizations_removal AS removal
                JOIN organizations_role AS role ON role.is_owner
                    AND removal.roles @> jsonb_build_array(jsonb_build_object('id', role.id))
                WHERE removal.organization_id = organization.id
                    AND role.organization_id = organization.id
            ))
    """,  # noqa: S608 (its own text)
    "7. every organization has its Owner role": """
        SELECT id FROM organizations_organization AS organization WHERE NOT EXISTS (
            SELECT FROM organizations_role WHERE organization_id = organization.id AND is_owner
        )
    """,
}


_BROKEN = " UNION ALL ".join(
    f"SELECT {number} WHERE EXISTS ({query})" for number, query in enumerate(INVARIANTS.values())
)


def broken_invariants() -> list[str]:
    """Return the names of the invariants that do not hold at this moment, in one statement.

    It is planned each time: a plan for few rows takes seconds where there are thousands.
    """
    with connection.cursor() as cursor:
        # Compiling it takes a second, once the rows of earlier examples make it seem dear.
        cursor.execute("SET jit = off")
        cursor.execute(_BROKEN)
        rows = cursor.fetchall()
    return [list(INVARIANTS)[number] for (number,) in rows]

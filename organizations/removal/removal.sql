-- Continues guards.sql in the same statement: removes every member whom the guards do not refuse.
-- The service has locked the memberships.
leaver AS (
    SELECT id AS membership_id, user_id, targets, removal_id
    FROM verdict
    WHERE refusal IS NULL
),
revoked AS (
    DELETE FROM organizations_roleassignment AS assignment
    USING leaver, organizations_role AS role
    WHERE assignment.membership_id = leaver.membership_id AND role.id = assignment.role_id
    RETURNING leaver.membership_id, role.id, role.name
),
departed AS (
    DELETE FROM organizations_departmentmembership AS membership
    USING leaver, organizations_department AS department
    WHERE membership.membership_id = leaver.membership_id
        AND department.id = membership.department_id
    RETURNING leaver.membership_id, department.id, department.name
),
transferred AS (
    UPDATE organizations_resource AS resource
    SET owner_id = goal.heir_id, department_id = goal.department_id,
        removal_id = leaver.removal_id
    FROM leaver
    JOIN goal ON goal.targets = leaver.targets
    WHERE num_nonnulls(goal.department_id, goal.heir_id) = 1
        AND resource.owner_id = leaver.user_id
        AND resource.organization_id = %(organization_id)s
        AND (resource.type = ANY (goal.types)) = (goal.type IS NOT NULL)
    RETURNING
        leaver.membership_id, leaver.removal_id, resource.id, resource.type, goal.department_id,
        goal.heir_id
),
-- The move of each resource that passes on: its type, key, name and previous mark. Grouped instead of
-- joined, so that the time stays proportional.
moved AS (
    INSERT INTO organizations_resourcemove (
        removal_id, resource_id, type, external_id, name, transferred_to_id, transferred_to_user_id,
        previous_removal_id
    )
    SELECT
        move.removal_id, move.resource_id, move.type, entry.external_id, entry.name,
        move.department_id, move.heir_id, move.previous_removal_id
    FROM (
        SELECT
            max(removal_id) AS removal_id, id AS resource_id, max(type) AS type,
            max(department_id) AS department_id, max(heir_id) AS heir_id,
            max(previous_removal_id) AS previous_removal_id
        FROM (
            SELECT removal_id, id, type, department_id, heir_id, NULL AS previous_removal_id
            FROM transferred
            UNION ALL
            SELECT NULL, resource.id, NULL, NULL, NULL, resource.removal_id
            FROM leaver
            JOIN organizations_resource AS resource ON resource.owner_id = leaver.user_id
            -- Not IS NOT NULL, for which PostgreSQL may read the index of everybody's marks.
            WHERE resource.organization_id = %(organization_id)s
                AND num_nonnulls(resource.removal_id) = 1
        ) AS resource
        GROUP BY id
        HAVING max(removal_id) IS NOT NULL
    ) AS move
    JOIN organizations_resourceentry AS entry ON entry.resource_id = move.resource_id
),
retained AS (
    SELECT
        leaver.membership_id, leaver.removal_id, resource.id, resource.type, goal.department_id,
        goal.heir_id
    FROM leaver
    JOIN goal ON goal.targets = leaver.targets
    JOIN organizations_resource AS resource ON resource.owner_id = leaver.user_id
    WHERE num_nonnulls(goal.department_id, goal.heir_id) = 0
        AND resource.organization_id = %(organization_id)s
        AND (resource.type = ANY (goal.types)) = (goal.type IS NOT NULL)
),
owned AS (
    SELECT membership_id, removal_id, type, department_id, heir_id, count(*) AS number
    FROM (TABLE transferred UNION ALL TABLE retained) AS resource
    GROUP BY membership_id, removal_id, type, department_id, heir_id
),
counted AS (
    INSERT INTO organizations_removedresources (
        removal_id, organization_id, type, count, transferred_to_id, transferred_to_user_id
    )
    SELECT removal_id, %(organization_id)s, type, number, department_id, heir_id
    FROM owned
),
ended AS (
    UPDATE organizations_membership AS membership
    SET deleted_at = %(removed_at)s
    FROM leaver
    WHERE membership.id = leaver.membership_id
    RETURNING
        leaver.membership_id, leaver.removal_id, leaver.user_id, leaver.targets,
        membership.created_at
),
-- The access tokens that open nothing here from now on. They are only counted.
silenced AS (
    SELECT ended.membership_id
    FROM ended
    JOIN users_accesstoken AS token ON token.user_id = ended.user_id
    LEFT JOIN organizations_tokenbinding AS binding ON binding.token_id = token.id
    WHERE token.revoked_at IS NULL AND token.expires_at > %(removed_at)s
        AND organizations_token_reaches(
            token.reaches_before, binding.membership_id, ended.membership_id, ended.created_at
        )
),
-- Ends the directory's identity of the member; a restoration makes it valid again.
forgotten AS (
    UPDATE organizations_scimidentity AS identity
    SET ended_at = %(removed_at)s
    FROM leaver
    WHERE identity.user_id = leaver.user_id AND identity.organization_id = %(organization_id)s
        AND identity.ended_at IS NULL
),
-- One list of all changes, grouped instead of joined, so that the time stays proportional.
changed (membership_id, kind, id, name, number, removal_id, department_id, heir_id) AS (
    SELECT membership_id, 'membership', NULL, NULL, 0, removal_id, department_id, heir_id
    FROM ended
    JOIN goal ON goal.targets = ended.targets AND goal.type IS NULL
    UNION ALL
    SELECT membership_id, 'role', id, name, 0, NULL, NULL, NULL FROM revoked
    UNION ALL
    SELECT membership_id, 'department', id, name, 0, NULL, NULL, NULL FROM departed
    UNION ALL
    SELECT membership_id, 'resources', NULL, NULL, number, NULL, NULL, NULL FROM owned
    UNION ALL
    SELECT membership_id, 'tokens', NULL, NULL, count(*), NULL, NULL, NULL
    FROM silenced
    GROUP BY membership_id
),
recorded (id, role_count, department_count, resource_count) AS (
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, actor_id, connection_id, source, reason, trace_id,
        transferred_to_id, transferred_to_user_id, requested_at, created_at, roles, departments,
        resource_count, token_count
    )
    SELECT
        max(removal_id), %(organization_id)s, membership_id, %(actor_id)s, %(connection_id)s,
        %(source)s, %(reason)s, %(trace_id)s, max(department_id), max(heir_id),
        coalesce(%(requested_at)s, %(removed_at)s), %(removed_at)s,
        coalesce(
            jsonb_agg(jsonb_build_object('id', id, 'name', name) ORDER BY name, id)
                FILTER (WHERE kind = 'role'),
            '[]'
        ),
        coalesce(
            jsonb_agg(jsonb_build_object('id', id, 'name', name) ORDER BY name, id)
                FILTER (WHERE kind = 'department'),
            '[]'
        ),
        coalesce(sum(number) FILTER (WHERE kind = 'resources'), 0),
        coalesce(sum(number) FILTER (WHERE kind = 'tokens'), 0)
    FROM changed
    GROUP BY membership_id
    RETURNING id, jsonb_array_length(roles), jsonb_array_length(departments), resource_count
),
-- The event has the id of the record with another prefix. Only the record has the reason.
logged AS (
    INSERT INTO organizations_event (
        id, type, organization_id, user_id, actor_id, connection_id, source, reason, data, trace_id,
        created_at
    )
    SELECT
        'evt' || substr(removal_id, 4), %(event_type)s, %(organization_id)s, user_id, %(actor_id)s,
        %(connection_id)s, %(source)s, '', jsonb_build_object('removal_id', removal_id),
        %(trace_id)s, %(removed_at)s
    FROM ended
)

-- Follows the guards: the removal of every member whom they let go, in one statement with them.
--
-- It locks the memberships in the order of their users, then what they hold and own, and last, in
-- the trigger on owners, the organization. It waits for no membership: somebody else's lock is an
-- error, after which it is tried again with the locks taken before, so that it decides by what was
-- there when it had them. What others commit all the same between its start and its locks fails at
-- a foreign key, where a role or a department was given, or at the trigger, where an owner was lost.
leaver AS (
    SELECT id AS membership_id, user_id, department_id, removal_id
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
    SET owner_id = NULL, department_id = leaver.department_id, removal_id = leaver.removal_id
    FROM leaver
    WHERE leaver.department_id IS NOT NULL
        AND resource.owner_id = leaver.user_id
        AND resource.organization_id = %(organization_id)s
    RETURNING leaver.membership_id
),
kept AS (
    SELECT leaver.membership_id
    FROM leaver
    JOIN organizations_resource AS resource ON resource.owner_id = leaver.user_id
    WHERE leaver.department_id IS NULL
        AND resource.organization_id = %(organization_id)s
),
ended AS (
    UPDATE organizations_membership AS membership
    SET deleted_at = %(removed_at)s
    FROM leaver
    WHERE membership.id = leaver.membership_id
    RETURNING leaver.membership_id, leaver.removal_id, leaver.department_id
),
taken (membership_id, kind, id, name, number, removal_id, department_id) AS (
    SELECT membership_id, 'membership', NULL, NULL, 0, removal_id, department_id FROM ended
    UNION ALL
    SELECT membership_id, 'role', id, name, 0, NULL, NULL FROM revoked
    UNION ALL
    SELECT membership_id, 'department', id, name, 0, NULL, NULL FROM departed
    UNION ALL
    SELECT membership_id, 'resources', NULL, NULL, count(*), NULL, NULL
    FROM (TABLE transferred UNION ALL TABLE kept) AS owned
    GROUP BY membership_id
),
recorded (id, role_count, department_count, resource_count) AS (
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, actor_id, source, reason, trace_id, transferred_to_id,
        created_at, roles, departments, resource_count
    )
    SELECT
        max(removal_id), %(organization_id)s, membership_id, %(actor_id)s, %(source)s, %(reason)s,
        %(trace_id)s, max(department_id), %(removed_at)s,
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
        sum(number)
    FROM taken
    GROUP BY membership_id
    RETURNING id, jsonb_array_length(roles), jsonb_array_length(departments), resource_count
)
SELECT removal_id, refusal, lacking, NULL, NULL, NULL
FROM verdict
WHERE refusal IS NOT NULL
UNION ALL
SELECT id, NULL, NULL, role_count, department_count, resource_count
FROM recorded

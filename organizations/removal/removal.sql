-- Follows the guards: the removal of every member whom they let go, in one statement with them.
--
-- It locks the memberships in the order of their users, then what they hold and own, and last, in
-- the trigger on owners, the organization. It waits for no membership: somebody else's lock is an
-- error, after which it is tried again with the locks taken before, so that it decides by what was
-- there when it had them. What others commit all the same between its start and its locks fails at
-- a foreign key, where a role or a department was given, or at the trigger, where an owner was lost.
leaver AS (
    SELECT id AS membership_id, user_id, department_id, place,
        (%(removal_ids)s::text[])[place] AS removal_id
    FROM verdict
    WHERE refusal IS NULL
),
revoked AS (
    DELETE FROM organizations_roleassignment AS assignment
    USING leaver, organizations_role AS role
    WHERE assignment.membership_id = leaver.membership_id AND role.id = assignment.role_id
    RETURNING leaver.membership_id, leaver.place, role.id, role.name
),
departed AS (
    DELETE FROM organizations_departmentmembership AS membership
    USING leaver, organizations_department AS department
    WHERE membership.membership_id = leaver.membership_id
        AND department.id = membership.department_id
    RETURNING leaver.membership_id, leaver.place, department.id, department.name
),
transferred AS (
    UPDATE organizations_resource AS resource
    SET owner_id = NULL, department_id = leaver.department_id, removal_id = leaver.removal_id
    FROM leaver
    WHERE leaver.department_id IS NOT NULL
        AND resource.owner_id = leaver.user_id
        AND resource.organization_id = %(organization_id)s
    RETURNING leaver.membership_id, leaver.place
),
kept AS (
    SELECT leaver.membership_id, leaver.place
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
    RETURNING leaver.membership_id, leaver.place
),
taken (membership_id, place, kind, id, name, number) AS (
    SELECT membership_id, place, 'membership', NULL, NULL, 0 FROM ended
    UNION ALL
    SELECT membership_id, place, 'role', id, name, 0 FROM revoked
    UNION ALL
    SELECT membership_id, place, 'department', id, name, 0 FROM departed
    UNION ALL
    SELECT membership_id, place, 'resources', NULL, NULL, count(*)
    FROM (TABLE transferred UNION ALL TABLE kept) AS owned
    GROUP BY membership_id, place
),
recorded (id, role_count, department_count, resource_count) AS (
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, actor_id, source, reason, trace_id, transferred_to_id,
        created_at, roles, departments, resource_count
    )
    SELECT
        (%(removal_ids)s::text[])[place], %(organization_id)s, membership_id, %(actor_id)s,
        %(source)s, %(reason)s, %(trace_id)s, (%(department_ids)s::text[])[place], %(removed_at)s,
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
    GROUP BY membership_id, place
    RETURNING id, jsonb_array_length(roles), jsonb_array_length(departments), resource_count
)
SELECT (%(removal_ids)s::text[])[place], refusal, lacking, NULL, NULL, NULL
FROM verdict
WHERE refusal IS NOT NULL
UNION ALL
SELECT id, NULL, NULL, role_count, department_count, resource_count
FROM recorded

-- Follows the guards: the removal of every member whom they let go, in one statement with them.
--
-- It locks the memberships in the order of their ids, then what they hold and own, and last, in the
-- trigger on owners, the organization. What others commit between its start and its locks it does
-- not see; but then a foreign key or that trigger fails, since the database lets no ended membership
-- hold anything and no organization lose its last owner. What is recorded is what the deletes and
-- the update returned.
leaver AS (
    SELECT id AS membership_id, user_id, department_id,
        (%(removal_ids)s::text[])[place] AS removal_id
    FROM verdict
    WHERE refusal IS NULL
),
revoked AS (
    DELETE FROM organizations_roleassignment AS assignment
    USING leaver, organizations_role AS role
    WHERE assignment.membership_id = leaver.membership_id AND role.id = assignment.role_id
    RETURNING assignment.membership_id, role.id, role.name
),
departed AS (
    DELETE FROM organizations_departmentmembership AS membership
    USING leaver, organizations_department AS department
    WHERE membership.membership_id = leaver.membership_id
        AND department.id = membership.department_id
    RETURNING membership.membership_id, department.id, department.name
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
),
recorded AS (
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, actor_id, source, reason, trace_id, transferred_to_id,
        created_at, roles, departments, resource_count
    )
    SELECT
        leaver.removal_id, %(organization_id)s, leaver.membership_id, %(actor_id)s, %(source)s,
        %(reason)s, %(trace_id)s, leaver.department_id, %(removed_at)s,
        coalesce(roles.list, '[]'), coalesce(departments.list, '[]'), coalesce(resources.number, 0)
    FROM leaver
    LEFT JOIN (
        SELECT membership_id, jsonb_agg(jsonb_build_object('id', id, 'name', name) ORDER BY name, id)
        FROM revoked GROUP BY membership_id
    ) AS roles (membership_id, list) USING (membership_id)
    LEFT JOIN (
        SELECT membership_id, jsonb_agg(jsonb_build_object('id', id, 'name', name) ORDER BY name, id)
        FROM departed GROUP BY membership_id
    ) AS departments (membership_id, list) USING (membership_id)
    LEFT JOIN (
        SELECT membership_id, count(*)
        FROM (TABLE transferred UNION ALL TABLE kept) AS owned GROUP BY membership_id
    ) AS resources (membership_id, number) USING (membership_id)
    RETURNING
        membership_id, id, jsonb_array_length(roles) AS role_count,
        jsonb_array_length(departments) AS department_count, resource_count
)
SELECT
    verdict.user_id, verdict.refusal, verdict.lacking,
    recorded.id, recorded.role_count, recorded.department_count, recorded.resource_count
FROM verdict
LEFT JOIN recorded ON recorded.membership_id = verdict.id

-- Adds members to a department and deletes others from it, by their locked memberships, and writes an
-- event for each: 10,000 join in half a second (two through the ORM).
WITH joined AS (
    INSERT INTO organizations_departmentmembership
        (organization_id, membership_id, user_id, department_id)
    SELECT organization_id, id, user_id, %(department_id)s
    FROM organizations_membership
    WHERE id = ANY (%(joining)s::bigint[])
    ON CONFLICT (membership_id, department_id) DO NOTHING
    RETURNING user_id
),
parted AS (
    DELETE FROM organizations_departmentmembership
    WHERE department_id = %(department_id)s AND membership_id = ANY (%(leaving)s::bigint[])
    RETURNING user_id
),
changed (user_id, added, removed) AS (
    SELECT user_id, jsonb_build_array(%(department_id)s), '[]'::jsonb FROM joined
    UNION ALL
    SELECT user_id, '[]', jsonb_build_array(%(department_id)s) FROM parted
)
INSERT INTO organizations_event (
    id, type, organization_id, user_id, actor_id, connection_id, source, reason, data, trace_id,
    created_at
)
SELECT
    organizations_generate_id('evt'), 'member.updated', %(organization_id)s, user_id, %(actor_id)s,
    %(connection_id)s, %(source)s, '',
    jsonb_build_object(
        'roles_added', '[]'::jsonb, 'roles_removed', '[]'::jsonb,
        'departments_added', added, 'departments_removed', removed
    ),
    %(trace_id)s, %(changed_at)s
FROM changed
RETURNING id, user_id, data

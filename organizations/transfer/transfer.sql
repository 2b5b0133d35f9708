-- Continues transfer_targets.sql in the same statement: what these users own in the organization
-- passes on, and its mark is emptied, since no removal put it there.
giver AS (
    SELECT user_id, goal.*
    FROM unnest(%(user_ids)s::text[], %(targets)s::integer[]) AS giver (user_id, targets)
    JOIN goal USING (targets)
    WHERE num_nonnulls(goal.department_id, goal.heir_id) = 1
),
transferred AS (
    UPDATE organizations_resource AS resource
    SET owner_id = giver.heir_id, department_id = giver.department_id, removal_id = NULL
    FROM giver
    WHERE resource.owner_id = giver.user_id AND resource.organization_id = %(organization_id)s
        AND (resource.type = ANY (giver.types)) = (giver.type IS NOT NULL)
    RETURNING giver.user_id, resource.type, coalesce(giver.department_id, giver.heir_id) AS target
)
SELECT user_id, type, target, count(*)
FROM transferred
GROUP BY user_id, type, target
ORDER BY user_id, target, type

-- What these users own in the organization passes on, each to one target: a department or an heir. It
-- is no removal that put it there.
WITH giver AS (
    SELECT user_id, department_id, heir_id
    FROM unnest(%(user_ids)s::text[], %(department_ids)s::text[], %(heir_ids)s::text[])
        AS giver (user_id, department_id, heir_id)
),
transferred AS (
    UPDATE organizations_resource AS resource
    SET owner_id = giver.heir_id, department_id = giver.department_id, removal_id = NULL
    FROM giver
    WHERE resource.owner_id = giver.user_id AND resource.organization_id = %(organization_id)s
    RETURNING giver.user_id
)
SELECT user_id, count(*) FROM transferred GROUP BY user_id

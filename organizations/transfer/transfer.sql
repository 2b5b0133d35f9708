-- What these users own in the organization passes on, and an event for each who owned something.
-- Each has one target: a department or an heir.
WITH giver AS (
    SELECT user_id, department_id, heir_id, event_id
    FROM unnest(
        %(user_ids)s::text[], %(department_ids)s::text[], %(heir_ids)s::text[],
        %(event_ids)s::text[]
    ) AS giver (user_id, department_id, heir_id, event_id)
),
transferred AS (
    UPDATE organizations_resource AS resource
    SET owner_id = giver.heir_id, department_id = giver.department_id, removal_id = NULL
    FROM giver
    WHERE resource.owner_id = giver.user_id AND resource.organization_id = %(organization_id)s
    RETURNING giver.user_id, giver.department_id, giver.heir_id, giver.event_id
),
counted AS (
    SELECT user_id, department_id, heir_id, event_id, count(*) AS resource_count
    FROM transferred
    GROUP BY user_id, department_id, heir_id, event_id
),
logged AS (
    INSERT INTO organizations_event (
        id, type, organization_id, user_id, actor_id, source, reason, data, trace_id, created_at
    )
    SELECT
        event_id, 'resources.transferred', %(organization_id)s, user_id, %(actor_id)s, %(source)s,
        %(reason)s,
        jsonb_strip_nulls(jsonb_build_object(
            'resource_count', resource_count, 'department_id', department_id, 'heir_id', heir_id
        )),
        %(trace_id)s, %(transferred_at)s
    FROM counted
)
SELECT user_id, resource_count FROM counted

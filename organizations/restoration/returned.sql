-- Continues undone.sql in the same statement: gives the resources back, and sets each mark to the one
-- below it, so that the removal below can be undone next. A removal that was undone before left the
-- resource where it was, and its mark is not put back. A resource that passes on at the same moment
-- bears another mark once it can be updated, and stays there.
returned AS (
    UPDATE organizations_resource AS resource
    -- The owner by keys: without statistics, PostgreSQL joined each resource with all memberships
    -- (3,000 of 1,000 members took 3.5 s, now 0.5 s).
    SET owner_id = (
            SELECT membership.user_id
            FROM organizations_membership AS membership
            WHERE membership.organization_id = resource.organization_id AND membership.id = (
                SELECT removal.membership_id
                FROM organizations_removal AS removal
                WHERE removal.id = lowest.removal_id
            )
        ),
        department_id = NULL,
        removal_id = (
            SELECT move.previous_removal_id
            FROM organizations_resourcemove AS move
            WHERE move.removal_id = lowest.removal_id AND move.resource_id = resource.id
                AND (
                    SELECT restoration.id
                    FROM organizations_restoration AS restoration
                    WHERE restoration.removal_id = move.previous_removal_id
                ) IS NULL
        )
    FROM (
        SELECT resource_id, min(mark) AS mark, array_agg(removal_id ORDER BY step) AS removal_ids,
            (array_agg(removal_id ORDER BY step DESC))[1] AS removal_id
        FROM undone
        GROUP BY resource_id  -- it has one mark; grouped by both, PostgreSQL expects many more rows
    ) AS lowest
    -- By id: by the index of marks, PostgreSQL would look for each among all.
    WHERE resource.id = lowest.resource_id
        AND resource.removal_id IS NOT DISTINCT FROM lowest.mark
    RETURNING lowest.removal_ids
)
SELECT removal_id, count(*)
FROM returned
CROSS JOIN unnest(removal_ids) AS removal_id
GROUP BY removal_id

-- The resources that undoing these removals gives back: those that bear their marks. If several of the
-- removals moved a resource in turn, the newest mark comes first (step 0), then those below it: the
-- resource is given back as if the removals were undone in reverse.
undone (resource_id, mark, removal_id, step) AS (
    SELECT id, removal_id, removal_id, 0
    FROM organizations_resource
    WHERE removal_id = ANY (%(removal_ids)s::varchar[])
    UNION ALL
    SELECT undone.resource_id, undone.mark, move.previous_removal_id, undone.step + 1
    FROM undone
    -- Each by its key: a join would compare all with all while PostgreSQL takes the table for empty.
    CROSS JOIN LATERAL (
        SELECT previous_removal_id
        FROM organizations_resourcemove
        WHERE removal_id = undone.removal_id AND resource_id = undone.resource_id
        OFFSET 0
    ) AS move
    WHERE move.previous_removal_id = ANY (%(removal_ids)s::varchar[])
)

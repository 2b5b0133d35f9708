-- What undoing these removals gives back: the resources that bear their marks. Of a resource that
-- several of them moved, one after the other, the newest mark comes first (step 0), then those below
-- it: it is given back as if the removals were undone in reverse.
undone (resource_id, mark, removal_id, step) AS (
    SELECT id, removal_id, removal_id, 0
    FROM organizations_resource
    WHERE removal_id = ANY (%(removal_ids)s::varchar[])
    UNION ALL
    SELECT move.resource_id, undone.mark, move.previous_removal_id, undone.step + 1
    FROM undone
    JOIN organizations_resourcemove AS move
        ON move.removal_id = undone.removal_id AND move.resource_id = undone.resource_id
    WHERE move.previous_removal_id = ANY (%(removal_ids)s::varchar[])
)

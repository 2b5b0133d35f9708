-- Gives the next positions to the events of an organization that have none. Whoever runs this has
-- locked the organization's row of organizations_eventorder in an earlier statement, and so sees
-- every position that was given before.
WITH read AS MATERIALIZED (
    SELECT id
    FROM organizations_event
    WHERE organization_id = %(organization_id)s AND id > %(read_from)s
    ORDER BY id
    LIMIT %(read_at_once)s
),
-- The next few of the older events.
swept AS MATERIALIZED (
    SELECT id
    FROM organizations_event
    WHERE organization_id = %(organization_id)s AND id > %(swept_to)s AND id <= %(settled)s
    ORDER BY id
    LIMIT %(swept_at_once)s
),
previous AS (
    SELECT coalesce(
        (
            SELECT position
            FROM organizations_eventposition
            WHERE organization_id = %(organization_id)s
            ORDER BY position DESC
            LIMIT 1
        ),
        0
    ) AS last
),
given AS (
    INSERT INTO organizations_eventposition (organization_id, position, event_id)
    SELECT %(organization_id)s, previous.last + row_number() OVER (ORDER BY id), id
    FROM previous, (TABLE swept UNION TABLE read) AS event
    -- One look into an index for each: as a join, PostgreSQL would read all positions where it does
    -- not know yet how many there are.
    WHERE (SELECT position FROM organizations_eventposition WHERE event_id = event.id) IS NULL
    RETURNING event_id
),
-- A pass begins where all before has its position, and may take several looks to the end; where
-- the next one begins is decided at its beginning.
next AS (
    SELECT
        count(*) = %(read_at_once)s AS is_unfinished,
        max(id) AS last_read,
        CASE
            WHEN %(read_from)s = %(settled)s THEN %(settled_before)s ELSE %(settled)s
        END AS settled
    FROM read
)
UPDATE organizations_eventorder
SET settled = next.settled,
    read_from = CASE WHEN next.is_unfinished THEN next.last_read ELSE next.settled END,
    swept_to = (
        SELECT CASE WHEN count(*) = %(swept_at_once)s THEN max(id) ELSE '' END FROM swept
    )
FROM next, previous
WHERE organization_id = %(organization_id)s
RETURNING previous.last + (SELECT count(*) FROM given), next.is_unfinished

-- Gives the next positions to the events of an organization that have none. An earlier statement has
-- locked the organization's row of organizations_eventorder, so every position that was given before
-- is visible.
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
    -- One index lookup each. A join would read all positions before the table is analyzed.
    WHERE (SELECT position FROM organizations_eventposition WHERE event_id = event.id) IS NULL
    RETURNING event_id
),
-- A pass begins where all earlier events have positions, and may take several calls. Its beginning
-- decides where the next one begins.
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

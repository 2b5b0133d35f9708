-- Gives the next positions to the events of an organization that have none. Whoever runs this has
-- locked the organization's row of organizations_eventorder in an earlier statement, and so sees
-- every position that was given before.
WITH missing AS (
    SELECT id
    FROM organizations_event AS event
    WHERE organization_id = %(organization_id)s AND id >= %(open_from)s
        -- One look into an index for each: as a join, PostgreSQL would read all positions where it
        -- does not know yet how many there are.
        AND (
            SELECT position
            FROM organizations_eventposition
            WHERE event_id = event.id
        ) IS NULL
    ORDER BY id
    LIMIT %(given_at_once)s
),
-- The next few of the older events.
swept AS MATERIALIZED (
    SELECT id
    FROM organizations_event
    WHERE organization_id = %(organization_id)s AND id > %(swept_to)s AND id < %(open_from)s
    ORDER BY id
    LIMIT %(swept_at_once)s
),
belated AS (
    SELECT id
    FROM swept
    WHERE (
        SELECT position
        FROM organizations_eventposition
        WHERE event_id = swept.id
    ) IS NULL
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
    FROM
        previous,
        (TABLE belated UNION ALL TABLE missing ORDER BY id LIMIT %(given_at_once)s) AS unplaced
    RETURNING event_id
),
result AS (
    SELECT
        previous.last + count(event_id) AS last,
        max(event_id) AS last_id,
        count(event_id) = %(given_at_once)s AS is_cut
    FROM previous LEFT JOIN given ON true
    GROUP BY previous.last
)
UPDATE organizations_eventorder
SET open_from = CASE
        WHEN result.is_cut THEN least(result.last_id, %(settled_before)s) ELSE %(settled_before)s
    END,
    swept_to = (
        SELECT CASE WHEN count(*) = %(swept_at_once)s THEN max(id) ELSE '' END FROM swept
    )
FROM result
WHERE organization_id = %(organization_id)s
RETURNING result.last, result.is_cut

-- Returns rows of metric, label and value. Each part reads at most %(bound)s rows by an index, so that
-- the cost of a scrape does not grow with the tables.
-- Reads the first and the last jobs to do: while a receiver of webhooks is down, any number of jobs
-- for later may come before those that are due.
WITH waiting AS MATERIALIZED (
    (
        SELECT queue_name, id, scheduled_at
        FROM procrastinate_jobs
        WHERE status = 'todo'
        ORDER BY priority DESC, id
        LIMIT %(bound)s
    )
    UNION
    (
        SELECT queue_name, id, scheduled_at
        FROM procrastinate_jobs
        WHERE status = 'todo'
        ORDER BY priority, id DESC
        LIMIT %(bound)s
    )
),
queue AS (
    SELECT
        queue_name,
        least(count(*), %(bound)s) AS jobs,
        min(scheduled_at) AS scheduled_at,
        min(id) FILTER (WHERE scheduled_at IS NULL) AS first_id
    FROM waiting
    WHERE scheduled_at IS NULL OR scheduled_at <= now()
    GROUP BY queue_name
),
known_queue AS (
    SELECT queue_name FROM queue UNION SELECT unnest(%(queues)s::text[])
)
SELECT 'removals', source, count(removal.source)
FROM unnest(%(sources)s::text[]) AS source
LEFT JOIN (
    SELECT source
    FROM organizations_removal
    WHERE created_at > now() - interval '1 hour'
    ORDER BY created_at DESC
    LIMIT %(bound)s
) AS removal USING (source)
GROUP BY source

UNION ALL
SELECT 'jobs', queue_name, coalesce(jobs, 0)
FROM known_queue LEFT JOIN queue USING (queue_name)

UNION ALL
SELECT 'oldest_job', queue_name, greatest(0, extract(epoch FROM now() - least(
    scheduled_at,
    (SELECT min(at) FROM procrastinate_events WHERE job_id = first_id AND type = 'deferred')
)))
FROM known_queue LEFT JOIN queue USING (queue_name)

UNION ALL
SELECT 'workers', '', count(*)
FROM (
    SELECT FROM procrastinate_workers
    WHERE last_heartbeat > now() - interval '1 minute'
    ORDER BY last_heartbeat DESC
    LIMIT %(bound)s
) AS worker

UNION ALL
SELECT 'deliveries', status, count(delivery.status)
FROM unnest(%(delivery_statuses)s::text[]) AS status
LEFT JOIN (
    SELECT status
    FROM organizations_webhookdelivery
    WHERE created_at > now() - interval '1 hour'
    ORDER BY created_at DESC
    LIMIT %(bound)s
) AS delivery USING (status)
GROUP BY status

UNION ALL
SELECT 'endpoints_given_up', '', count(*)
FROM (
    SELECT FROM organizations_webhookendpoint
    WHERE disabled_reason IN ('gone', 'failing')
    LIMIT %(bound)s
) AS endpoint

UNION ALL
SELECT 'scheduled_removals', 'pending', count(*)
FROM (
    SELECT membership_id
    FROM organizations_scheduledremoval
    WHERE status = 'pending' AND remove_at > now()
    ORDER BY remove_at
    LIMIT %(bound)s
) AS schedule
JOIN organizations_membership AS membership
    ON membership.id = schedule.membership_id AND membership.deleted_at IS NULL

UNION ALL
SELECT 'scheduled_removals', 'overdue', count(*)
FROM (
    SELECT membership_id
    FROM organizations_scheduledremoval
    WHERE status = 'pending' AND remove_at <= now() - interval '2 minutes'
    ORDER BY remove_at DESC
    LIMIT %(bound)s
) AS schedule
JOIN organizations_membership AS membership
    ON membership.id = schedule.membership_id AND membership.deleted_at IS NULL

UNION ALL
SELECT 'scheduled_removals', 'failed', count(*)
FROM (
    SELECT membership_id
    FROM organizations_scheduledremoval
    WHERE status = 'failed'
    ORDER BY ended_at DESC
    LIMIT %(bound)s
) AS schedule
JOIN organizations_membership AS membership
    ON membership.id = schedule.membership_id AND membership.deleted_at IS NULL

UNION ALL
SELECT 'tasks', 'open', count(*)
FROM (
    SELECT FROM organizations_offboardingtask
    WHERE state = 'open'
    ORDER BY due_at
    LIMIT %(bound)s
) AS task

UNION ALL
SELECT 'tasks', 'overdue', count(*)
FROM (
    SELECT FROM organizations_offboardingtask
    WHERE state = 'open' AND due_at <= now()
    ORDER BY due_at
    LIMIT %(bound)s
) AS task

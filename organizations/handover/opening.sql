-- Continues removal.sql in the same statement: makes a task for each leaver and enabled step that
-- concerns them. Its id has the removal's id and the place of the step. "owned" has one row for each
-- type of a leaver, so no task is made twice. Without steps it reads nothing else.
opened AS (
    INSERT INTO organizations_offboardingtask (
        id, removal_id, organization_id, key, title, description, assigned_to_user_id,
        assigned_to_department_id, assigned_to_connection_id, department_name, due_at, state, note
    )
    SELECT
        'tsk' || substr(removal_id, 4) || '_' || lpad(place::text, 3, '0'), removal_id,
        %(organization_id)s, key, title, description, assigned_to_user_id,
        assigned_to_department_id, assigned_to_connection_id, '',
        %(removed_at)s::timestamptz + due_days * interval '24 hours', 'open', ''
    FROM (
        SELECT step.*, row_number() OVER (ORDER BY position, key) AS place
        FROM organizations_offboardingstep AS step
        WHERE organization_id = %(organization_id)s AND enabled
    ) AS step
    JOIN (
        SELECT removal_id, NULL AS type
        FROM leaver
        UNION ALL
        SELECT removal_id, type
        FROM owned
    ) AS concerned ON concerned.type IS NOT DISTINCT FROM step.applies_to_type
)

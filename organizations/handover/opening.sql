-- Continues removal.sql in the same statement: makes the tasks of each leaver, one of each enabled
-- step that concerns them. Ids have the removal's id and the step's place. Of those who owned
-- something there is one row a type ("owned"), so no task is made twice.
step AS MATERIALIZED (
    SELECT
        key, title, description, applies_to_type, assigned_to_user_id, assigned_to_department_id,
        assigned_to_connection_id, due_days,
        row_number() OVER (ORDER BY position, key) AS place
    FROM organizations_offboardingstep
    WHERE organization_id = %(organization_id)s AND enabled
),
opened AS (
    INSERT INTO organizations_offboardingtask (
        id, removal_id, organization_id, created_at, key, title, description, assigned_to_user_id,
        assigned_to_department_id, assigned_to_connection_id, department_name, due_at, state, note
    )
    SELECT
        'tsk' || substr(removal_id, 4) || '_' || lpad(place::text, 3, '0'), removal_id,
        %(organization_id)s, %(removed_at)s, key, title, description, assigned_to_user_id,
        assigned_to_department_id, assigned_to_connection_id, '',
        %(removed_at)s::timestamptz + due_days * interval '24 hours', 'open', ''
    FROM (
        SELECT leaver.removal_id, step.*
        FROM leaver
        JOIN step ON step.applies_to_type IS NULL
        UNION ALL
        SELECT owned.removal_id, step.*
        FROM owned
        JOIN step ON step.applies_to_type = owned.type
    ) AS task
)

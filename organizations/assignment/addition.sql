-- Adds members with their roles and departments, and an event for each. The event has the time of the
-- membership: the transaction may have begun before a removal that it waited for. A thousand take a
-- third of the ORM's time.
WITH joiner AS (
    SELECT
        event_id,
        user_id,
        data,
        ARRAY(SELECT jsonb_array_elements_text(data -> 'role_ids')) AS role_ids,
        ARRAY(SELECT jsonb_array_elements_text(data -> 'department_ids')) AS department_ids
    FROM jsonb_to_recordset(%(joiners)s::jsonb) AS given (event_id text, user_id text, data jsonb)
),
joined AS (
    INSERT INTO organizations_membership (organization_id, user_id)
    SELECT %(organization_id)s, user_id FROM joiner
    RETURNING id, user_id, created_at
),
role_given AS (
    INSERT INTO organizations_roleassignment (organization_id, membership_id, user_id, role_id)
    SELECT %(organization_id)s, joined.id, user_id, role_id
    FROM joined JOIN joiner USING (user_id), unnest(role_ids) AS role_id
),
department_joined AS (
    INSERT INTO organizations_departmentmembership
        (organization_id, membership_id, user_id, department_id)
    SELECT %(organization_id)s, joined.id, user_id, department_id
    FROM joined JOIN joiner USING (user_id), unnest(department_ids) AS department_id
),
logged AS (
    INSERT INTO organizations_event (
        id, type, organization_id, user_id, actor_id, connection_id, source, reason, data, trace_id,
        created_at
    )
    SELECT
        event_id, 'member.added', %(organization_id)s, user_id, %(actor_id)s, %(connection_id)s,
        %(source)s, %(reason)s, data, %(trace_id)s, joined.created_at
    FROM joined JOIN joiner USING (user_id)
)
SELECT id, user_id, created_at FROM joined

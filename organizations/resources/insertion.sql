-- Makes resources with their entries. It skips those whose key another transaction has just made.
WITH given AS (
    SELECT *
    FROM unnest(
        %(ids)s::varchar[], %(types)s::varchar[], %(external_ids)s::varchar[], %(names)s::varchar[],
        %(words)s::text[], %(urls)s::varchar[], %(owner_ids)s::varchar[],
        %(department_ids)s::varchar[]
    ) AS given (id, type, external_id, name, words, url, owner_id, department_id)
),
noted AS (
    INSERT INTO organizations_resourceentry (
        resource_id, organization_id, type, external_id, name, name_words, url, updated_at
    )
    SELECT
        id, %(organization_id)s, type, external_id, name, ARRAY[name] || string_to_array(words, ' '),
        url, %(updated_at)s
    FROM given
    ORDER BY type, external_id
    ON CONFLICT (organization_id, type, external_id) DO NOTHING
    RETURNING resource_id
)
INSERT INTO organizations_resource (id, organization_id, type, owner_id, department_id)
SELECT id, %(organization_id)s, type, owner_id, department_id
FROM given
JOIN noted ON noted.resource_id = given.id
RETURNING id

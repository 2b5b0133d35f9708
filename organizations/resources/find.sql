-- The resources with these keys or these ids, and their entries.
SELECT
    resource.id, entry.type, entry.name, resource.owner_id, resource.department_id,
    entry.external_id, entry.url
FROM (
    SELECT entry.resource_id
    FROM unnest(%(types)s::varchar[], %(external_ids)s::varchar[]) AS asked (type, external_id)
    JOIN organizations_resourceentry AS entry
        ON entry.organization_id = %(organization_id)s AND entry.type = asked.type
        AND entry.external_id = asked.external_id
    UNION
    SELECT id FROM unnest(%(ids)s::varchar[]) AS asked (id)
) AS found
JOIN organizations_resourceentry AS entry ON entry.resource_id = found.resource_id
JOIN organizations_resource AS resource ON resource.id = found.resource_id
WHERE entry.organization_id = %(organization_id)s
ORDER BY resource.id

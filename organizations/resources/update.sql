-- Writes the changes of resources and their entries. A resource's own row is written only for another
-- owner or type; a trigger empties its mark with the owner.
WITH changed AS (
    SELECT *
    FROM unnest(
        %(ids)s::varchar[], %(types)s::varchar[], %(external_ids)s::varchar[], %(names)s::varchar[],
        %(words)s::text[], %(urls)s::varchar[], %(owner_ids)s::varchar[],
        %(department_ids)s::varchar[]
    ) AS changed (id, type, external_id, name, words, url, owner_id, department_id)
),
noted AS (
    UPDATE organizations_resourceentry AS entry
    SET type = changed.type, external_id = changed.external_id, name = changed.name,
        name_words = ARRAY[changed.name] || string_to_array(changed.words, ' '), url = changed.url,
        updated_at = CASE
            WHEN (entry.name, entry.url) IS DISTINCT FROM (changed.name, changed.url)
                THEN %(updated_at)s
            ELSE entry.updated_at
        END
    FROM changed
    WHERE entry.resource_id = changed.id
        AND (entry.type, entry.external_id, entry.name, entry.url)
            IS DISTINCT FROM (changed.type, changed.external_id, changed.name, changed.url)
)
UPDATE organizations_resource AS resource
SET type = changed.type, owner_id = changed.owner_id, department_id = changed.department_id
FROM changed
WHERE resource.id = changed.id
    AND (resource.type, resource.owner_id, resource.department_id)
        IS DISTINCT FROM (changed.type, changed.owner_id, changed.department_id)

-- Ends the statement: the refusals, then the counts of what removal.sql did.
SELECT removal_id, refusal, lacking, missed_types, NULL, NULL, NULL
FROM verdict
WHERE refusal IS NOT NULL
UNION ALL
SELECT id, NULL, NULL, NULL, role_count, department_count, resource_count
FROM recorded

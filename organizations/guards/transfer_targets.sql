-- Where resources pass, by the number of their owner's targets: a goal for each type that has a target
-- of its own, and one for the rest, whose "type" is null. "types" has the goal's own type, or, for the
-- rest, the types that are left out. So no two goals of the same targets take the same resource.
goal AS (
    SELECT targets, type, string_to_array(list, ' ') AS types, department_id, heir_id
    FROM unnest(
        %(goal_targets)s::integer[], %(goal_types)s::text[], %(goal_lists)s::text[],
        %(department_ids)s::text[], %(heir_ids)s::text[]
    ) AS goal (targets, type, list, department_id, heir_id)
)

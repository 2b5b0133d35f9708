-- A new id as config.identifiers.generate_id makes it: the milliseconds, then chance, in base 32.
CREATE FUNCTION organizations_generate_id(p_prefix text) RETURNS text
LANGUAGE sql VOLATILE
AS $$
    SELECT p_prefix || '_' || string_agg(
        substr(
            '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
            1 + CASE
                WHEN digit < 10 THEN (milliseconds >> (5 * (9 - digit))) & 31
                ELSE floor(random() * 32)::bigint
            END::int,
            1
        ),
        '' ORDER BY digit
    )
    FROM generate_series(0, 25) AS digit,
        (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS milliseconds) AS now
$$;

-- The roles that every organization starts with, however it was made.
CREATE FUNCTION organizations_give_starting_roles(p_organization_id varchar) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO organizations_role
        (id, organization_id, name, name_words, capabilities, is_owner)
    SELECT
        organizations_generate_id('role'), p_organization_id, name, ARRAY[name, lower(name)],
        capabilities, is_owner
    FROM (VALUES
        ('Owner', ARRAY['override_all_permissions'], true),
        ('Admin', ARRAY['override_all_permissions'], false),
        ('Member', ARRAY[]::varchar[], false)
    ) AS starting (name, capabilities, is_owner)
$$;

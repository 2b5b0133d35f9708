-- What triggers ask of resources, their entries and types. In PL/pgSQL and without sequential scans
-- for the reasons that guards/rules.sql gives.

-- Refuse an entry that is not of its resource's organization and type. Once a statement for all its
-- rows. A composite foreign key would take one more index of resources, which every transfer would
-- write.
CREATE FUNCTION organizations_hold_entries(
    p_resource_ids varchar[], p_organization_ids varchar[], p_types varchar[]
) RETURNS void
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
AS $$
DECLARE
    wrong varchar;
BEGIN
    SELECT min(entry.resource_id) INTO wrong
    FROM unnest(p_resource_ids, p_organization_ids, p_types)
        AS entry (resource_id, organization_id, type)
    -- Each by its id, also by a plan that was made while there were few resources.
    LEFT JOIN LATERAL (
        SELECT organization_id, type FROM organizations_resource WHERE id = entry.resource_id OFFSET 0
    ) AS resource ON true
    WHERE (entry.organization_id, entry.type)
        IS DISTINCT FROM (resource.organization_id, resource.type);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'an entry is of the organization and type of its resource'
            USING ERRCODE = 'check_violation', HINT = 'That of ' || wrong || ' is not.';
    END IF;
END
$$;

-- Refuse the 101st type of an organization. Its row is locked first, the last of all locks, so that
-- two who name types at once are counted one after the other.
CREATE FUNCTION organizations_limit_types(p_organization_ids varchar[]) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    organization varchar;
BEGIN
    FOR organization IN
        SELECT id FROM organizations_organization WHERE id = ANY (p_organization_ids)
        ORDER BY id FOR NO KEY UPDATE
    LOOP
        IF (
            SELECT count(*) FROM organizations_resourcetype WHERE organization_id = organization
        ) > 100 THEN
            RAISE EXCEPTION 'an organization has at most 100 types of resources'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'types_are_limited';
        END IF;
    END LOOP;
END
$$;

-- For the version before, which writes the name into the resource, and for SQL by hand: the name goes
-- to the entry, which is made with its type if need be. The words are nearly the application's own,
-- which makes them again whenever the name is saved.
CREATE FUNCTION organizations_move_name() RETURNS trigger
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    words text[] = ARRAY[NEW.name] || ARRAY(
        SELECT word FROM regexp_split_to_table(lower(NEW.name), '[^[:alnum:]]+') AS word
        WHERE word <> ''
    );
BEGIN
    IF TG_WHEN = 'BEFORE' THEN
        INSERT INTO organizations_resourcetype (organization_id, slug)
        VALUES (NEW.organization_id, NEW.type)
        ON CONFLICT DO NOTHING;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO organizations_resourceentry (
            resource_id, organization_id, type, name, name_words, updated_at
        )
        VALUES (NEW.id, NEW.organization_id, NEW.type, NEW.name, words, now());
    ELSE
        UPDATE organizations_resourceentry
        SET name = NEW.name, name_words = words, updated_at = now()
        WHERE resource_id = NEW.id AND name <> NEW.name;
    END IF;
    RETURN NEW;
END
$$;

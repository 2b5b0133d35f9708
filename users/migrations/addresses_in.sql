-- Return what an index needs of each e-mail address in a text, in lower case: the letters, digits
-- and underscores next to the "@", which are a whole mailbox or its last word, and the domain as
-- far as it is ASCII. Two spellings of one address give the same; who looks one up compares the
-- whole address then. In the collation "C", so that no locale changes what is in the index. In a link
-- an "@" is written "%40", and other signs beside an address are percent-encoded, too.
CREATE OR REPLACE FUNCTION users_addresses_in(p_text text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT array_agg(DISTINCT
        substring(right(before, 64) FROM '[0-9a-z_]*$') || '@'
        || rtrim(substring(left(after, 255) FROM '^[0-9a-z.-]*'), '.-')
    )
    FROM (
        SELECT piece AS before, lead(piece) OVER (ORDER BY position) AS after
        FROM unnest(
            string_to_array(
                regexp_replace(
                    replace(lower(p_text COLLATE "C"), '%40', '@'), '%[0-9a-f]{2}', ' ', 'g'
                ),
                '@'
            )
        ) WITH ORDINALITY AS split (piece, position)
    ) AS beside
    WHERE after IS NOT NULL
$$;

-- Whether a token of the membership's user reaches the membership: bound, it reaches that one
-- alone; else those that began before it was issued. What is as old as the token is not reached.
CREATE FUNCTION organizations_token_reaches(
    p_reaches_before timestamptz, p_bound_to bigint, p_membership_id bigint, p_began_at timestamptz
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN p_bound_to IS NULL THEN p_began_at < p_reaches_before
        ELSE p_bound_to = p_membership_id
    END
$$;

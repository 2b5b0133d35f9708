-- The present standing of a person in an organization, in one row: whether their token still works;
-- whether they are an active member whom it reaches; whether they own the organization; and what they
-- may do. Without a token ("token_id" is null) acts a person whose scheduled removal is due.
standing AS (
    SELECT
        %(token_id)s::bigint IS NULL OR bool_and(
            token.id IS NOT NULL AND token.revoked_at IS NULL AND bound.is_current IS NOT FALSE
        ) AS token_works,
        coalesce(bool_or(account.is_active AND membership.id IS NOT NULL), false) AS is_member,
        coalesce(bool_or(role.is_owner), false) AS is_owner,
        CASE
            WHEN bool_or(capability = 'override_all_permissions')
                THEN %(every_capability)s::varchar[]
            ELSE coalesce(
                array_agg(DISTINCT capability) FILTER (WHERE capability IS NOT NULL), '{}'
            )
        END AS capabilities
    FROM (VALUES (%(caller_id)s::varchar)) AS caller (user_id)
    LEFT JOIN users_user AS account ON account.id = caller.user_id
    LEFT JOIN users_accesstoken AS token ON token.id = %(token_id)s::bigint
    LEFT JOIN organizations_tokenbinding AS binding ON binding.token_id = token.id
    LEFT JOIN organizations_membership AS bound ON bound.id = binding.membership_id
    LEFT JOIN organizations_membership AS membership
        ON membership.organization_id = %(organization_id)s
        AND membership.user_id = caller.user_id
        AND membership.deleted_at IS NULL AND membership.is_active
        AND (
            %(token_id)s::bigint IS NULL
            OR organizations_token_reaches(
                token.reaches_before, bound.id, membership.id, membership.created_at
            )
        )
    LEFT JOIN organizations_roleassignment AS assignment ON assignment.membership_id = membership.id
    LEFT JOIN organizations_role AS role ON role.id = assignment.role_id
    LEFT JOIN unnest(role.capabilities) AS capability ON true
)

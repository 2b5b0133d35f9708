"""The one invariant that no constraint can state: an organization keeps an active owner.

Every way to take the Owner role ends in a deleted or changed role assignment, since the database
lets no removed member hold one. The other way to lose an owner is a disabled account. So the check
hangs at these two, whoever sent the statement: a removal, the admin, a shell.

Two transactions, each of which would be right alone, write to the same row. So the second waits for
the first or, under a stricter isolation than PostgreSQL's default, fails. Who takes an owner away
writes to the organization; who makes somebody an owner writes to their account, as who disables it
does.
"""

import pgtrigger

# Few members are owners, so that is asked first. Organizations are locked in one order. Migration
# 0006 has the function.
_KEEP_AN_OWNER = """
    IF NOT EXISTS ({concerned}) THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM organizations_organization AS organization
    WHERE organization.id IN ({concerned})
    ORDER BY organization.id
    FOR NO KEY UPDATE;
    UPDATE organizations_organization SET name = name WHERE id IN ({concerned});
    SELECT string_agg(organization.name, ', ' ORDER BY organization.id) INTO ownerless
    FROM organizations_organization AS organization
    WHERE organization.id IN ({concerned})
        AND NOT organizations_owner_remains(organization.id, '{{}}');
    IF ownerless IS NOT NULL THEN
        RAISE EXCEPTION 'the organization would be left without an active owner'
            USING ERRCODE = 'restrict_violation',
            HINT = 'Make somebody else an owner of ' || ownerless || ' first.';
    END IF;
    RETURN NULL;
"""
# A role that is gone by the same statement may have been the Owner role.
_OWNER_ROLE_TAKEN = """
    SELECT taken.organization_id
    FROM taken LEFT JOIN organizations_role AS role ON role.id = taken.role_id
    WHERE role.is_owner IS NOT FALSE
"""
_OWNED_BY_ACCOUNT = """
    SELECT role.organization_id
    FROM organizations_membership AS membership
    JOIN organizations_roleassignment AS assignment ON assignment.membership_id = membership.id
    JOIN organizations_role AS role ON role.id = assignment.role_id
    WHERE membership.user_id = NEW.id AND role.is_owner
"""
_DECLARED = [("ownerless", "text")]

owner_role_is_taken = [
    pgtrigger.Trigger(
        name=f"owner_stays_on_{str(operation).lower()}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(old="taken"),  # type: ignore[no-untyped-call]
        declare=_DECLARED,
        func=_KEEP_AN_OWNER.format(concerned=_OWNER_ROLE_TAKEN),
    )
    for operation in (pgtrigger.Delete, pgtrigger.Update)
]

all_owner_roles_are_taken = [
    pgtrigger.Trigger(
        name="no_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'every organization would lose its owners';",
    )
]

# Before the row is written, and so before the check on who had the role until now.
owner_role_is_given = [
    pgtrigger.Trigger(
        name="owner_account_is_held",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func="""
            UPDATE users_user AS account
            SET is_active = account.is_active
            FROM organizations_role AS role, organizations_membership AS membership
            WHERE role.id = NEW.role_id AND role.is_owner
                AND membership.id = NEW.membership_id AND account.id = membership.user_id;
            RETURN NEW;
        """,
    )
]

owner_account_is_disabled = [
    pgtrigger.Trigger(
        name="owner_stays_enabled",
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("is_active"),  # type: ignore[no-untyped-call]
        condition=pgtrigger.Q(old__is_active=True, new__is_active=False),
        declare=_DECLARED,
        func=_KEEP_AN_OWNER.format(concerned=_OWNED_BY_ACCOUNT),
    )
]

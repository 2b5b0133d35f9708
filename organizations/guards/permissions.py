"""What members may do, and which memberships a token reaches."""

from django.db.models import BigIntegerField, BooleanField, F, Func, Subquery, Value

from config.api.errors import TokenInvalidError
from organizations.capabilities import Capability, effective
from organizations.models import Membership, TokenBinding
from organizations.models.membership import MembershipQuerySet
from users.models import AccessToken


def memberships_reached_by(token: AccessToken) -> MembershipQuerySet:
    """Return the active memberships that a token reaches.

    Raises TokenInvalidError for a token that is bound to a membership which has ended.
    """
    binding = TokenBinding.objects.filter(token=token).select_related("membership").first()
    if binding and not binding.membership.is_current:
        raise TokenInvalidError
    issued = AccessToken.objects.filter(pk=token.pk).values("reaches_before")
    bound_to = Value(binding.membership_id if binding else None, output_field=BigIntegerField())
    reaches = Func(
        *(Subquery(issued), bound_to, F("pk"), F("created_at")),
        function="organizations_token_reaches",
        output_field=BooleanField(),
    )
    return Membership.objects.active().filter(reaches, user=token.user_id)


def capabilities_of(member: Membership) -> frozenset[Capability]:
    """Return what the roles of a member allow them to do now, the override spelled out.

    That is nothing while the membership is deactivated or the account disabled.
    """
    if not member.is_active or not member.user.is_active:
        return frozenset()
    roles = (assignment.role for assignment in member.role_assignments.all())
    return effective(capability for role in roles for capability in role.capabilities)

"""Sets the mail domains of an organization, and checks addresses against them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from organizations.domains.names import canonical_domain, domain_of, validate_domains
from organizations.exceptions import DomainNotAllowedError, DomainTakenError
from organizations.models import Domain


@dataclass(frozen=True, slots=True)
class DomainChange:
    """The mail domains that were added to an organization and taken out."""

    added: Collection[str]
    taken_out: Collection[str]


def check_domain(organization_id: str, *addresses: str) -> None:
    """Raise DomainNotAllowedError unless every address is in a mail domain of the organization.

    Domains are compared whole: example.com does not allow eu.example.com. An organization without
    domains allows no address. Call it before an account is made, found or renamed for an
    organization, on renaming with both addresses; not for its members, and not for additions by
    staff or operators.
    """
    domains = domains_of(organization_id)
    for address in addresses:
        domain = domain_of(address)
        if domain not in domains:
            raise DomainNotAllowedError(domain, domains)


def domains_of(organization_id: str) -> list[str]:
    """Return the mail domains of an organization, sorted."""
    return list(Domain.objects.filter(organization=organization_id).values_list("name", flat=True))


def holders_of(names: Iterable[str], *, besides: str | None) -> dict[str, list[str]]:
    """Return, by domain, the names and ids of the other organizations that have it."""
    holders: dict[str, list[str]] = {}
    rows = Domain.objects.filter(name__in=set(names)).exclude(organization=besides)
    for row in rows.select_related("organization").order_by("name", "organization"):
        holders.setdefault(row.name, []).append(f"{row.organization} ({row.organization_id})")
    return holders


def set_domains(
    organization_id: str, names: Iterable[str], *, shared: Collection[str] = ()
) -> DomainChange:
    """Make these the only mail domains of an organization. Changes no member.

    ``shared`` are domains that it may have although another organization has them. Raises
    DomainTakenError for other domains that another organization has, and ValidationError for names
    that can be no organization's domain; then nothing is changed.
    """
    return _change(organization_id, names, shared, keeps_others=False)


def add_domains(
    organization_id: str, names: Iterable[str], *, shared: Collection[str] = ()
) -> DomainChange:
    """Add mail domains to those of an organization. Raises as `set_domains`."""
    return _change(organization_id, names, shared, keeps_others=True)


@transaction.atomic
def _change(
    organization_id: str, names: Iterable[str], shared: Collection[str], *, keeps_others: bool
) -> DomainChange:
    """Add the domains that the organization lacks, and take out the others unless it keeps them.

    Locks the table against other changes, which are rare, so that the second of two organizations
    that get one domain learns who has it. Readers do not wait.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Domain._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    wanted = {canonical_domain(name) for name in names}
    before = set(domains_of(organization_id))
    added = sorted(wanted - before)
    validate_domains(added)
    holders = holders_of(added, besides=organization_id)
    shared = {canonical_domain(name) for name in shared}
    if refused := {name: those for name, those in holders.items() if name not in shared}:
        raise DomainTakenError(refused)
    Domain.objects.bulk_create(
        Domain(organization_id=organization_id, name=name, is_shared=name in holders)
        for name in added
    )
    taken_out = [] if keeps_others else sorted(before - wanted)
    Domain.objects.filter(organization=organization_id, name__in=taken_out).delete()
    return DomainChange(added, taken_out)

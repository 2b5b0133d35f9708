"""Sets the mail domains of an organization, and decides which addresses they allow."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from organizations.domains.names import canonical_domain, domain_of, validate_domains
from organizations.exceptions import DomainNotAllowedError, DomainTakenError
from organizations.models import Domain


@dataclass(frozen=True, slots=True)
class DomainChange:
    """What was changed of an organization's mail domains."""

    added: Collection[str]
    taken_out: Collection[str]


def check_domain(organization_id: str, *addresses: str) -> None:
    """Raise DomainNotAllowedError unless every address is in a mail domain of the organization.

    A domain is compared whole: example.com allows nobody of eu.example.com. An organization without
    domains allows nobody. Asked before an account is made, found or renamed for an organization, in
    the last case with the addresses before and after; never for whoever is a member there already,
    nor where staff or operators add somebody.
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
    """Return the other organizations that have these domains, in words, by the domain."""
    holders: dict[str, list[str]] = {}
    rows = Domain.objects.filter(name__in=set(names)).exclude(organization=besides)
    for row in rows.select_related("organization").order_by("name", "organization"):
        holders.setdefault(row.name, []).append(f"{row.organization} ({row.organization_id})")
    return holders


@transaction.atomic
def set_domains(
    organization_id: str, names: Iterable[str], *, shared: Collection[str] = ()
) -> DomainChange:
    """Make these the mail domains of an organization, and no others. No member is changed by it.

    ``shared`` are domains that it may have although another organization has them. Raises
    DomainTakenError for others that another has, and ValidationError for what can be no
    organization's domain; nothing is changed then.
    """
    _wait_for_other_changes()
    wanted = {canonical_domain(name) for name in names}
    before = set(domains_of(organization_id))
    added = _add(organization_id, wanted - before, shared)
    taken_out = sorted(before - wanted)
    Domain.objects.filter(organization=organization_id, name__in=taken_out).delete()
    return DomainChange(added, taken_out)


@transaction.atomic
def add_domains(
    organization_id: str, names: Iterable[str], *, shared: Collection[str] = ()
) -> DomainChange:
    """Add mail domains to those of an organization, which stay. Raises what `set_domains` does."""
    _wait_for_other_changes()
    wanted = {canonical_domain(name) for name in names}
    before = set(domains_of(organization_id))
    return DomainChange(_add(organization_id, wanted - before, shared), [])


def _wait_for_other_changes() -> None:
    """Wait until nobody else changes any organization's domains; then nobody does till the end.

    So the second of two who give one domain to two organizations learns who has it. Such changes
    are rare, and whoever reads domains does not wait.
    """
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(Domain._meta.db_table)
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")


def _add(organization_id: str, domains: Collection[str], shared: Collection[str]) -> list[str]:
    """Add domains that the organization does not have; return them, sorted."""
    validate_domains(domains)
    holders = holders_of(domains, besides=organization_id)
    shared = {canonical_domain(name) for name in shared}
    refused = {name: those for name, those in holders.items() if name not in shared}
    if refused:
        raise DomainTakenError(refused)
    added = sorted(domains)
    Domain.objects.bulk_create(
        Domain(organization_id=organization_id, name=name, is_shared=name in holders)
        for name in added
    )
    return added

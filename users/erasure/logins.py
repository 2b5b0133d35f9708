"""Deletes what logging in leaves behind: sessions and failed attempts."""

from urllib.parse import quote, quote_plus

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Q

from users.email_address import canonical_address
from users.erasure.identities import Identity
from users.models import User


def end_sessions(account: User) -> None:
    """Delete the account's sessions. It reads them all, since their user is encoded inside."""
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) == account.pk:
            session.delete()


def delete_failed_logins(identity: Identity) -> None:
    """Delete failed logins that were tried with the address or name, or that mention them."""
    tried = Q(username__contains=identity.address)
    if identity.name:
        tried |= Q(username=canonical_address(identity.name))
    for model in (AccessFailureLog, AccessLog):
        model.objects.filter(tried).delete()
    # An attempt also stores the page to open after the login, such as a search for the person.
    for text in filter(None, (identity.name, identity.address)):
        for spelling in {text, quote(text), quote_plus(text)}:
            tried |= Q(get_data__contains=spelling) | Q(post_data__contains=spelling)
    AccessAttempt.objects.filter(tried).delete()

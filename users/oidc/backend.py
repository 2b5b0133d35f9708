"""Finds the account of a login at the provider, and links logins to accounts."""

from collections.abc import Mapping
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import jwt
import requests
import structlog
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError, transaction
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from users.email_address import canonical_address
from users.models import OidcLogin, User
from users.oidc.provider import setting

LINKING = "oidc_linking"  # in the session: the id of the account to link the login to
CLOCKS = 60  # seconds by which the provider's clock may differ
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
LONGEST_SUBJECT = 255  # characters (OpenID Connect Core 1.0, section 2)

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def _of_provider(name: str) -> property:
    """Return a property that reads a setting of the provider when somebody logs in."""
    return property(lambda _: str(setting(name)))


class OidcBackend(OIDCAuthenticationBackend):  # type: ignore[misc]  # it has no types
    """Logs in staff whose login is linked to their account; it makes no account and no staff.

    Issuer and subject identify a login. Its address links it to an account once, at the first
    login, if the provider has verified the address, its domain is one of OIDC_DOMAINS, and the
    account is staff and no superuser.
    """

    get_settings = staticmethod(setting)
    OIDC_OP_TOKEN_ENDPOINT = _of_provider("OIDC_OP_TOKEN_ENDPOINT")
    OIDC_OP_USER_ENDPOINT = _of_provider("OIDC_OP_USER_ENDPOINT")
    OIDC_OP_JWKS_ENDPOINT = _of_provider("OIDC_OP_JWKS_ENDPOINT")

    def __init__(self) -> None:
        """Read Django's settings only, since Django makes a backend at each request."""
        self.OIDC_RP_CLIENT_ID = settings.OIDC_RP_CLIENT_ID
        self.OIDC_RP_CLIENT_SECRET = settings.OIDC_RP_CLIENT_SECRET
        self.OIDC_RP_SIGN_ALGO = settings.OIDC_RP_SIGN_ALGO
        self.OIDC_RP_IDP_SIGN_KEY = None
        self.UserModel = User

    def get_user(self, user_id: str) -> User | None:
        """Return the account of a session, or None if it is disabled or has no linked login.

        A session does not know which login began it.
        """
        account = ModelBackend.get_user(self, user_id)
        if account and account.oidc_logins.filter(issuer=settings.OIDC_ISSUER).exists():
            return account
        return None

    def get_payload_data(self, token: str, key: Any) -> dict[str, Any]:
        """Return the claims of an ID token. Raises SuspiciousOperation if they are not valid here.

        The package checks the signature and the nonce alone.
        """
        try:
            payload: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[settings.OIDC_RP_SIGN_ALGO],
                audience=settings.OIDC_RP_CLIENT_ID,
                issuer=settings.OIDC_ISSUER,
                leeway=CLOCKS,
                options={"require": REQUIRED},
            )
        except jwt.InvalidTokenError as fault:
            raise SuspiciousOperation(f"The ID token is refused: {fault}") from None
        # A token for several clients names its own in `azp`, a string; only `aud` may be a list
        # (OpenID Connect Core 1.0, sections 2 and 3.1.3.7).
        client = settings.OIDC_RP_CLIENT_ID
        if "azp" in payload:
            is_ours = payload["azp"] == client
        else:
            is_ours = payload["aud"] in (client, [client])
        if not is_ours:
            raise SuspiciousOperation("The ID token was issued to another.")
        subject = payload["sub"]
        if not 0 < len(subject) <= LONGEST_SUBJECT or "\0" in subject:
            raise SuspiciousOperation("The ID token is of no subject that can be known again.")
        return payload

    def retrieve_matching_jwk(self, token: str) -> jwt.PyJWK:
        """Return the provider's key with the token's key id; without one, its only key.

        Raises SuspiciousOperation if there is none, and PROVIDER_FAULTS.
        """
        answer = requests.get(self.OIDC_OP_JWKS_ENDPOINT, timeout=settings.OIDC_TIMEOUT)
        answer.raise_for_status()
        keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        if (key_id := jwt.get_unverified_header(token).get("kid")) is not None:
            keys = [key for key in keys if key.key_id == key_id]
        if len(keys) != 1:
            raise SuspiciousOperation("The ID token is signed by no key of the provider.")
        return keys[0]

    def get_or_create_user(
        self, access_token: str, id_token: str, payload: Mapping[str, Any]
    ) -> User | None:
        """Return the account of a login, or None if it may not log in; create none."""
        try:
            return self._account_of(access_token, id_token, payload)
        except IntegrityError:
            # The login was linked to another account at the same moment, and is found there now.
            return self._account_of(access_token, id_token, payload)

    def _account_of(
        self, access_token: str, id_token: str, payload: Mapping[str, Any]
    ) -> User | None:
        """Return the account of a login, and link it if need be; as `get_or_create_user`.

        Raises IntegrityError if the login is linked to another account at the same moment.
        """
        subject = str(payload["sub"])
        if linking := self.request.session.get(LINKING):
            return self._link(linking, subject)
        logins = OidcLogin.objects.filter(issuer=settings.OIDC_ISSUER, subject=subject)
        if login := logins.select_related("user").first():
            account: User | None = login.user
        else:
            account = self._link_at_first_login(access_token, id_token, payload)
        if account and account.is_staff and self.user_can_authenticate(account):
            return account
        return None

    def _link(self, account_id: str, subject: str) -> User | None:
        """Link a login to the account that is logged in, in place of the one before.

        Returns None if the login is another account's, or this one has been disabled: an erasure
        would not delete the link and the log entry of a link that waited for it.
        """
        account: User = self.request.user
        if not account.is_authenticated or account.pk != account_id:
            return None
        with transaction.atomic():
            enabled = User.objects.filter(pk=account.pk, is_active=True)
            locked: User | None = enabled.select_for_update(no_key=True).first()
            if locked is None:
                return None
            login = OidcLogin.objects.filter(issuer=settings.OIDC_ISSUER, subject=subject).first()
            if login:
                return account if login.user_id == account.pk else None
            account.oidc_logins.update_or_create(
                issuer=settings.OIDC_ISSUER, defaults={"subject": subject}
            )
            LogEntry.objects.log_actions(locked.pk, [locked], CHANGE, "Linked a login.")
        logger.info("oidc_login_linked", user_id=account.pk, at_first_login=False)
        return account

    def _link_at_first_login(
        self, access_token: str, id_token: str, payload: Mapping[str, Any]
    ) -> User | None:
        """Link a new login to the account with its address, and return that, or None."""
        claims = payload
        if "email_verified" not in claims:
            claims = self.get_userinfo(access_token, id_token, payload)
        if claims.get("sub") != payload["sub"] or claims.get("email_verified") is not True:
            return None
        given = str(claims.get("email", ""))
        address = canonical_address(given)
        # The provider may have two mailboxes whose addresses have one canonical form: only the case
        # of ASCII letters may differ.
        if address not in (given, given.translate(LOWER)):
            return None
        if address.rpartition("@")[2] not in settings.OIDC_DOMAINS:
            return None
        staff = User.objects.filter(is_staff=True, is_active=True, is_superuser=False)
        with transaction.atomic():
            account: User | None = (
                staff.select_for_update(no_key=True).filter(email=address).first()
            )
            if account is None:
                return None
            # Another login with the address of a linked account may be another person's.
            login, is_new = account.oidc_logins.get_or_create(
                issuer=settings.OIDC_ISSUER, defaults={"subject": payload["sub"]}
            )
        if is_new:
            logger.info("oidc_login_linked", user_id=account.pk, at_first_login=True)
        return account if login.subject == payload["sub"] else None

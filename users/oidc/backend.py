"""Tells whose account a login of the provider is."""

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

LINKING = "oidc_linking"  # in the session: the id of the account that a login is to be linked to
CLOCKS = 60  # seconds that the provider's clock may be off
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
LONGEST_SUBJECT = 255  # characters (OpenID Connect Core 1.0, section 2)

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class OidcBackend(OIDCAuthenticationBackend):  # type: ignore[misc]  # it has no types
    """Logs in staff whose login is linked to their account; it makes no account and no staff.

    A login is known by issuer and subject. By address an account is found once, at its first login,
    where the provider has verified that address, its domain is one of OIDC_DOMAINS, and the account
    is staff and no superuser.
    """

    get_settings = staticmethod(setting)

    def __init__(self) -> None:
        """Read what Django's settings have; the provider is asked when somebody logs in.

        Django makes a backend at each request.
        """
        self.OIDC_RP_CLIENT_ID = settings.OIDC_RP_CLIENT_ID
        self.OIDC_RP_CLIENT_SECRET = settings.OIDC_RP_CLIENT_SECRET
        self.OIDC_RP_SIGN_ALGO = settings.OIDC_RP_SIGN_ALGO
        self.OIDC_RP_IDP_SIGN_KEY = None
        self.UserModel = User

    @property
    def OIDC_OP_TOKEN_ENDPOINT(self) -> str:  # noqa: N802 (as the package calls it)
        return str(setting("OIDC_OP_TOKEN_ENDPOINT"))

    @property
    def OIDC_OP_USER_ENDPOINT(self) -> str:  # noqa: N802
        return str(setting("OIDC_OP_USER_ENDPOINT"))

    @property
    def OIDC_OP_JWKS_ENDPOINT(self) -> str:  # noqa: N802
        return str(setting("OIDC_OP_JWKS_ENDPOINT"))

    def get_user(self, user_id: str) -> User | None:
        """Return whose session it is, or None once the account is disabled or not linked any more.

        A session does not say which login of the provider began it.
        """
        account = ModelBackend.get_user(self, user_id)
        if account and account.oidc_logins.filter(issuer=settings.OIDC_ISSUER).exists():
            return account
        return None

    def get_payload_data(self, token: str, key: Any) -> dict[str, Any]:
        """Return what an ID token says. Raises SuspiciousOperation unless it is for us, and now.

        The package looks at the signature and at the nonce alone.
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
        # A token for several clients names the one that it was issued to, as a string; `aud` alone
        # may be a list (OpenID Connect Core 1.0, sections 2 and 3.1.3.7).
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
        """Return the provider's key of a token, which names it unless the provider has only one.

        Raises SuspiciousOperation where there is none, and PROVIDER_FAULTS.
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
        """Return the account of a login, which is never created, or None if it may not log in."""
        try:
            return self._account_of(access_token, id_token, payload)
        except IntegrityError:
            # At the same moment the login was linked to another account, and is found there now.
            return self._account_of(access_token, id_token, payload)

    def _account_of(
        self, access_token: str, id_token: str, payload: Mapping[str, Any]
    ) -> User | None:
        """Return the account of a login, which may have to be linked, as `get_or_create_user`.

        Raises IntegrityError if another account is linked to it at the same moment.
        """
        subject = str(payload["sub"])
        if linking := self.request.session.get(LINKING):
            return self._link(linking, subject)
        login = OidcLogin.objects.filter(issuer=settings.OIDC_ISSUER, subject=subject)
        if known := login.select_related("user").first():
            account: User | None = known.user
        else:
            account = self._link_at_first_login(access_token, id_token, payload)
        if account and account.is_staff and self.user_can_authenticate(account):
            return account
        return None

    def _link(self, account_id: str, subject: str) -> User | None:
        """Link a login to the account that is logged in, in place of the one before.

        Returns None if the login is another account's, or theirs has been disabled meanwhile: by an
        erasure, which would leave the link and the entry in the admin's log.
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
        """Link a login that nobody has to the account of its address, if it may be linked."""
        claims = payload
        if "email_verified" not in claims:
            claims = self.get_userinfo(access_token, id_token, payload)
        if claims.get("sub") != payload["sub"] or claims.get("email_verified") is not True:
            return None
        given = str(claims.get("email", ""))
        address = canonical_address(given)
        # What looks alike is one address here, but may be two mailboxes at the provider: there,
        # only the case of ASCII letters may differ.
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
            # Whoever has the address of an account that is linked already may be another person.
            login, is_new = account.oidc_logins.get_or_create(
                issuer=settings.OIDC_ISSUER, defaults={"subject": payload["sub"]}
            )
        if is_new:
            logger.info("oidc_login_linked", user_id=account.pk, at_first_login=True)
        return account if login.subject == payload["sub"] else None

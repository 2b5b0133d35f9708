"""Decides which addresses webhooks may be sent to: none inside this network.

The check runs when a URL is saved, and in `requests_hardened` at each connection, for the address
that is connected to.
"""

import socket
from ipaddress import ip_network

import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from requests_hardened import Config, HTTPSession, ip_filter
from urllib3.util import parse_url

DEFAULT_PORTS = {"https": 443, "http": 80}

# The library lets these through: IPv4 in other forms of IPv6, site-local, and Azure's metadata.
ip_filter.EXTRA_BLOCKED_NET_RANGES += (
    ip_network("::/8"),
    ip_network("fec0::/10"),
    ip_network("168.63.129.16/32"),
)


def session_outwards(seconds: float) -> HTTPSession:
    """Return a session that connects to no forbidden address, and waits so long for each byte.

    It follows no redirect, and uses nothing of the environment (proxies, .netrc).
    """
    session = HTTPSession(
        Config(
            ip_filter_enable=not settings.WEBHOOK_ALLOW_PRIVATE,
            ip_filter_allow_loopback_ips=False,
            never_redirect=True,
            default_timeout=(seconds, seconds),
            user_agent_override="Offboard",
        )
    )
    session.trust_env = False
    # requests reads the whole body to prepare a redirect, even one that it does not follow.
    session.get_redirect_target = lambda response: None
    return session


def refuse_forbidden(url: str) -> None:
    """Raise ValidationError unless webhooks may be sent to this URL.

    A name that does not resolve gets the message of a forbidden one, so that nobody learns which
    names this network resolves.
    """
    if not url.isprintable():
        raise ValidationError(
            "A control or another invisible character is in it.", code="characters"
        )
    if url != url.strip():  # requests would send a blank at the end
        raise ValidationError("It begins or ends with a blank.", code="blank")
    if "#" in url:
        raise ValidationError("A fragment (#) has no place in it.", code="fragment")
    try:
        has_port_0 = parse_url(url).port == 0  # requests would drop it
        # Parsed as when it is sent to.
        parts = parse_url(requests.Request("POST", url).prepare().url or "")
    except (requests.RequestException, ValueError) as error:
        raise ValidationError("This is no URL.", code="invalid") from error
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.WEBHOOK_ALLOW_PRIVATE):
        raise ValidationError("Only https:// is sent to.", code="scheme")
    if parts.auth is not None:
        raise ValidationError("A user name or password has no place in it.", code="credentials")
    if has_port_0:
        raise ValidationError("Nothing listens at the port 0.", code="port")
    host = (parts.host or "").strip("[]")
    if not settings.WEBHOOK_ALLOW_PRIVATE and not _is_reachable(
        host, parts.port or DEFAULT_PORTS[parts.scheme]
    ):
        raise ValidationError(
            "Its host has no address that may be reached: public addresses alone are sent to.",
            code="address",
        )


def _is_reachable(host: str, port: int) -> bool:
    try:
        ip_filter.get_ip_address(host, port, allow_loopback=False)
    except (ip_filter.InvalidIPAddress, OSError, UnicodeError, ValueError, socket.gaierror):
        return False
    return True

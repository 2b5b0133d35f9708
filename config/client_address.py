"""The address by which rate limits and the lockout of logins count a request."""

import re
from ipaddress import IPv6Address, ip_address
from typing import Any

from rest_framework.throttling import BaseThrottle

# Some proxies add the port: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT = re.compile(r"\[(?P<ipv6>[^\]]*)\](:\d+)?|(?P<ipv4>[\d.]+):\d+")
HOST_BITS = 64


def client_address(request: Any) -> str:
    """Return the client's IPv4 address, or the first address of its IPv6 /64 (NUM_PROXIES).

    A customer gets at least a /64, and can use every address in it. Returns "" where there is no
    address, as with a Unix socket.
    """
    text = BaseThrottle().get_ident(request) or ""
    if found := _WITH_PORT.fullmatch(text):
        text = found["ipv6"] or found["ipv4"] or ""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> HOST_BITS << HOST_BITS))

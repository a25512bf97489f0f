"""Whom the desk believes to be the server: certificates, the address it may sign in at, and the way there.

Proxies: an https server is asked through the proxy that HTTPS_PROXY, ALL_PROXY and NO_PROXY name, by CONNECT, so that the
proxy sees a host and encrypted bytes and never the token. A server on this machine is always asked directly.
"""

import ssl
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from supportdesk_tui.domain.errors import Refused
from supportdesk_tui.text.safe import sanitize_line


def checked_url(url: str) -> str:
    """The base address without its last slash; refused unless it is https, or plain http to this machine."""
    problem = "not a web address"
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        raise Refused("connect", problem) from None
    if parts.scheme in {"http", "https"} and host:
        if "@" in parts.netloc or parts.query or parts.fragment:
            problem = "the address holds more than a host and a path"
        elif parts.scheme == "http" and not _is_this_machine(host):
            problem = "plain http is for this machine only; use https"
        else:
            return url.strip().rstrip("/")
    raise Refused("connect", problem)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_by_proxy(base: str) -> bool:
    """Whether the environment names a proxy for this server: then the proxy looks up the server's name, not we."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(base)
    if parts.scheme == "http" or proxy_bypass(parts.netloc):
        return False
    proxies = getproxies()
    return bool(proxies.get("https") or proxies.get("all"))


def with_authorities(context: ssl.SSLContext, ca_file: str) -> ssl.SSLContext:
    """TLS 1.2 or newer, with the authorities the context has and those of a PEM file; reads the file."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(cafile=Path(ca_file).expanduser())
        except OSError as error:
            why = "no certificates in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
            raise Refused("connect", sanitize_line(f"ca_file {ca_file}: {why}")) from None
    return context

"""Where a service listens, and by which names it is asked."""

import errno
import ipaddress
import re
import socket
import sys

from riskmodel.errors import RiskmodelError

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Parameters
    ----------
    host : an address of this machine, or a name of one.
    port : 0 is any that is free.

    Raises
    ------
    RiskmodelError
        Where that is not possible, such as on a port that is taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise RiskmodelError(f"--host: {host!r} is neither an address nor a name of this machine") from None
    # Unless it is told that this is TCP, asyncio leaves answers lying until the client has confirmed what came before.
    listening = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # where it would let two services have one port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        # Two sockets can have one port until one of them listens.
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise RiskmodelError(_why_not(error, host, port)) from None
    return listening


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port: {port} of {host} is taken; name another, or 0 for any that is free"
    if error.errno == errno.EACCES:
        return f"--port: {port} is kept for the system; name another, from 1024 on"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host: {host} is no address of this machine"
    return f"cannot listen at {host}, port {port}: {error.strerror}"


def url(listening: socket.socket) -> str:
    """The address of the page, for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def is_for_all(listening: socket.socket) -> bool:
    """Whether it listens at every address of the machine, none of which it was told by name."""
    return ipaddress.ip_address(listening.getsockname()[0]).is_unspecified


def host_name(text: str, option: str) -> str:
    """A name as Host headers are compared with it: without brackets, in lower case.

    Parameters
    ----------
    text : the name or address.
    option : what it was given with.

    Raises
    ------
    RiskmodelError
        Where it is more than a name, such as one with a port.
    """
    name = text.removeprefix("[").removesuffix("]").lower()
    is_address = name.count(":") > 1
    if not re.fullmatch(r"[\w.-]+", name) and not is_address:
        raise RiskmodelError(f"{option}: should be a name such as example.org, without a port; got {text!r}")
    return name

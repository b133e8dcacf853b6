"""TCP ports: which one was asked for, and whether somebody else has it."""

import errno
import socket

LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def parse_port(text: str) -> int:
    """Return the port that `text` names. Raises ValueError with a message for people."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ValueError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def port_problem(port: int) -> str | None:
    """Say why the shop cannot listen on `port` of this machine, or return None if it can.

    Asked before the server starts, because Granian shares a busy port without a word. Both
    loopback addresses count: a browser tries ::1 for *.localhost, too, and would find the other
    program there.
    """
    for family, address in LOOPBACK:
        if _answers(family, address, port):
            return f"Port {port} is taken by another program."
    for family, address in LOOPBACK:
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # What a server that ended just now left behind is no obstacle; a listener is.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"Port {port} is taken by another program."
            if error.errno == errno.EACCES:
                return f"Port {port} is only for the administrator; take one above 1023."
            if family == socket.AF_INET:
                return f"Port {port} cannot be used: {error.strerror}."
            # A machine without IPv6 has nobody on ::1 either.
    return None


def next_free_port(port: int) -> int:
    """Return the first port above `port` that the shop can listen on, or any free one."""
    for candidate in range(port + 1, min(port + 100, 65536)):
        if port_problem(candidate) is None:
            return candidate
    return free_port()


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(0.5)
            return probe.connect_ex((address, port)) == 0
    except OSError:
        return False

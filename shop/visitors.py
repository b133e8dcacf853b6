"""What a visitor's network address is good for."""

from ipaddress import ip_address


def tells_apart(address: str) -> bool:
    """Whether it is a visitor's: a proxy on this machine that names nobody stands for everyone."""
    try:
        return not ip_address(address).is_loopback
    except ValueError:  # none at all, behind a Unix socket
        return False

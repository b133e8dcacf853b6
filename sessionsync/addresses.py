"""Network addresses, as limits count them."""

from ipaddress import IPv6Address, IPv6Network, ip_address


def household_of(address: str) -> str | None:
    """The name under which a visitor's address is counted; None where it tells nobody apart.

    address: as the server saw it. A household has a whole /64 of IPv6 (RFC 6177) and may send from
    any address in it: the network is counted. IPv4 written as IPv6 (RFC 4291, 2.5.5.2) is IPv4. A
    proxy on this machine that names nobody stands for everyone. Raises ValueError for what is no
    address.
    """
    seen = ip_address(address.partition("%")[0])
    if isinstance(seen, IPv6Address) and seen.ipv4_mapped:
        seen = seen.ipv4_mapped
    if seen.is_loopback:
        return None
    return str(IPv6Network((seen, 64), strict=False) if isinstance(seen, IPv6Address) else seen)

"""What a visitor's network address is good for."""

from sessionsync.addresses import household_of


def counted_as(address: str) -> str | None:
    """What `household_of` says; None also behind a Unix socket, where there is no address."""
    try:
        return household_of(address)
    except ValueError:
        return None

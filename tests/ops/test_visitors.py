"""What limits count a visitor's network address as."""

import pytest

from shop.visitors import counted_as


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:DB8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_household_is_counted_as_one(address: str, counted: str) -> None:
    assert counted_as(address) == counted


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "", "unix:"])
def test_a_proxy_that_names_nobody_is_not_counted(address: str) -> None:
    assert counted_as(address) is None

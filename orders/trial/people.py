"""People who shop in a trial; all of them at example.com, which nobody owns."""

from random import Random

from accounts.models import User
from accounts.services.emails import confirm
from orders.checkout.services import PostalAddress

FIRST = [
    "Ada",
    "Ben",
    "Chen",
    "Dora",
    "Emil",
    "Fatma",
    "Greta",
    "Hugo",
    "Ines",
    "Jan",
    "Lin",
    "Mia",
]
LAST = ["Adler", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Huang", "Ivanova"]
PLACES = [
    ("de", "Berlin", "10115", "Torstraße"),
    ("de", "Köln", "50667", "Hohe Straße"),
    ("fr", "Lyon", "69002", "Rue Mercière"),
    ("nl", "Utrecht", "3511", "Oudegracht"),
    ("at", "Wien", "1010", "Graben"),
    ("gb", "Bristol", "BS1 4DJ", "Corn Street"),
    ("es", "Sevilla", "41001", "Calle Sierpes"),
    ("se", "Malmö", "211 22", "Södergatan"),
]
CUSTOMERS = 12
"""Accounts that trials share; guests are new each time."""


def somebody(random: Random) -> tuple[str, PostalAddress]:
    """A guest: an e-mail address and where they live."""
    first, last = random.choice(FIRST), random.choice(LAST)
    country, city, code, street = random.choice(PLACES)
    email = f"{first}.{last}.{random.randrange(10_000)}@example.com".lower()
    return email, PostalAddress(
        first_name=first,
        last_name=last,
        address_1=f"{street} {random.randrange(1, 90)}",
        city=city,
        postal_code=code,
        country_code=country,
    )


def some_customer(random: Random) -> User:
    """One of the accounts that trials share; made if it is not there. Nobody can sign in to it."""
    number = random.randrange(CUSTOMERS)
    email = f"customer{number}@example.com"
    customer = User.objects.filter(email=email).first()
    if customer is None:
        name = Random(number)  # noqa: S311 - the same person each time
        customer = User.objects.create_user(
            email, None, first_name=name.choice(FIRST), last_name=name.choice(LAST)
        )
        confirm(customer)
    return customer

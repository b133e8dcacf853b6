"""Fills the database of a run: the demo's shops, their keys for the API, and people with accounts.

A process of its own, under production's settings. Reads {"people": [mark, …]} from standard input
and prints {"keys": {storefront: publishable key}}.
"""

import contextlib
import io
import json
import sys

import django
from django.core.management import call_command

from tests.isolation.people import PASSWORD, Person


def main() -> None:
    """Make everything. Raises CommandError."""
    people = [Person(mark, has_account=True) for mark in json.load(sys.stdin)["people"]]
    django.setup()
    said = io.StringIO()
    call_command("migrate", verbosity=0, interactive=False, stdout=said)
    call_command("collectstatic", verbosity=0, interactive=False, stdout=said)
    for seed in ("seed_demo", "seed_prices", "seed_shipping"):
        call_command(seed, stdout=said, stderr=said)
    _much_of_everything()
    _accounts(people)
    sys.stdout.write(json.dumps({"keys": _keys()}))


def _much_of_everything() -> None:
    """Nothing that is for sale runs out while so many shop."""
    from shop.audit.actors import system
    from shop.catalogue.models import Variant
    from shop.stock import services

    for variant in Variant.objects.filter(stock__gt=0):
        with contextlib.suppress(services.NotTracked):
            services.receive(variant.pk, 10_000, by=system("isolation"))


def _accounts(people: list[Person]) -> None:
    """With one password, hashed once: it is not what is looked for."""
    from allauth.account.models import EmailAddress
    from django.contrib.auth.hashers import make_password

    from accounts.models import User

    password = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(email=person.email, password=password, **person.name) for person in people
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )


def _keys() -> dict[str, str]:
    from shop.api.base.models import PublishableKey
    from shop.storefronts.models import Storefront

    return {
        shop.slug: PublishableKey.objects.create(title=shop.slug, storefront=shop).token
        for shop in Storefront.objects.all()
    }


if __name__ == "__main__":
    main()

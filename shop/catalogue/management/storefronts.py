"""What commands that work on one storefront have in common."""

from django.core.management.base import CommandError

from shop.storefronts.models import Storefront


def storefront_named(slug: str) -> Storefront:
    """The storefront with this slug. Raises CommandError that names those there are."""
    shop = Storefront.objects.filter(slug=slug).first()
    if shop is None:
        known = ", ".join(Storefront.objects.values_list("slug", flat=True))
        raise CommandError(
            f"There is no storefront “{slug}”. "
            + (f"There are: {known}." if known else "There are none yet: run seed_demo.")
        )
    return shop

"""What the drill's shops sell: enough of most things, too little of some."""

from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from random import Random

from django.core.management import call_command

from shop.catalogue.models import Product, Variant
from shop.pricing.models import Promotion, Voucher
from shop.storefronts.models import Storefront

SITES = ("galleria", "apparel", "jewelry", "home")
CODE = "FEW"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to buy: on which site, under which address, and how many there were at first."""

    site: str
    slug: str
    variant: int
    stock: int


def open_shops(orders: int, random: Random) -> list[Thing]:
    """Four sites, 24 things, ways of delivery, and a voucher that only some can use.

    orders: how many are to come; a quarter of all things is scarce.
    """
    shops = [
        Storefront.objects.create(
            slug=slug,
            name=slug.title(),
            domain=f"{slug}.localhost",
            is_main=slug == "galleria",
            position=position,
        )
        for position, slug in enumerate(SITES)
    ]
    call_command("seed_shipping", stdout=StringIO())
    promotion = Promotion.objects.create(
        original_name="For the first few", kind="percentage", percent=10, automatic=False
    )
    Voucher.objects.create(promotion=promotion, code=CODE, usage_limit=max(1, orders // 20))
    things = []
    for number in range(24):
        shop = shops[1 + number % 3]
        stock = max(2, orders // 50) if number % 4 == 0 else orders * 3
        product = Product.objects.create(slug=f"thing-{number}", original_title=f"Thing {number}")
        product.storefronts.set([shop])
        variant = Variant.objects.create(
            product=product,
            price=Decimal(random.randrange(199, 8999)) / 100,
            tracks_stock=True,
            stock=stock,
        )
        things.append(Thing(shop.slug, product.slug, variant.pk, stock))
    return things

"""What the admin shows, whoever works in it, and where its pages are."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services.emails import confirm
from orders.auditing.models import Anomaly
from orders.models import ShippingMethod
from orders.webhooks.models import Delivery, Endpoint
from shop.api.base.models import PublishableKey
from shop.catalogue.models import Option, Product, ProductImage, Tag
from shop.collections.models import Collection, CollectionProduct
from shop.pricing.models import (
    CustomerGroup,
    HomeCountry,
    ProductTax,
    QuantityBreak,
    Redemption,
    StorefrontPrice,
    Voucher,
)
from shop.storefronts.models import Storefront
from tests.carts.helpers import fill, new_key
from tests.factories import CategoryFactory
from tests.orders.sales import sold
from tests.pricing.factories import D, promotion, tax
from tests.staff import sign_in


def one_of_everything() -> Product:
    """A row of everything that the admin shows; its product has options, variants, pictures."""
    order = sold()
    line = order.lines.first()
    assert line is not None
    assert line.variant is not None
    variant, product, home = line.variant, line.variant.product, order.storefront
    Option.objects.create(product=product, original_name="Size", position=1)
    variant.option_values = ["Small"]
    variant.translations = {"zh-hans": {"option_values": ["小号"]}}
    variant.save()
    product.category = CategoryFactory()
    product.translations = {"zh-hans": {"title": "衬衫"}}
    product.save()
    ProductImage.objects.create(product=product, source_url="https://img.example/1.jpg", position=1)
    Tag.objects.create(name="new")
    offer = promotion("SPRING")
    voucher = Voucher.objects.get()
    Redemption.objects.create(
        promotion=offer, voucher=voucher, reference=order.token, amount=D("3.00")
    )
    CustomerGroup.objects.create(name="Club")
    ProductTax.objects.create(product=product, tax_class=tax("DE", "19"))
    HomeCountry.objects.create(storefront=home, country="DE")
    StorefrontPrice.objects.create(variant=variant, storefront=home, price=D("9.00"))
    QuantityBreak.objects.create(variant=variant, minimum=5, price=D("8.00"))
    collection = Collection.objects.create(original_title="Spring", slug="spring")
    CollectionProduct.objects.create(collection=collection, product=product)
    fill(new_key(), (variant, home, 1))
    ShippingMethod.objects.create(slug="standard", original_name="Standard", price=D("4.90"))
    Anomaly.objects.create(order=order, kind="stranger", message="x")
    endpoint = Endpoint.objects.create(title="ERP", url="https://erp.example/")
    Delivery.objects.create(endpoint=endpoint, order=order, event="order.placed", payload={})
    PublishableKey.objects.create(title="App", storefront=home)
    return product


def somebody(role: str, main: Storefront) -> tuple[User, Client]:
    user = User.objects.create_user(f"{role}@example.com".lower(), "x", is_staff=True)
    confirm(user)
    user.groups.add(Group.objects.get(name=role))
    return user, sign_in(user, main)


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)

"""What a call of the Store API changes about a cart: all of it, or nothing.

The services of carts and checkout write; this reads what was sent, by the web's own forms.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.timezone import now
from rest_framework.request import Request

from accounts.api import regions
from accounts.api.caller import actor_of, customer_of, storefront_of
from carts.guessing import count_try
from carts.holders import CartHolder
from carts.refusals import UnknownVariant
from carts.services import add_line, add_voucher, create_cart, remove_voucher
from orders.api.lookup import Basket, actor_on, basket_of, cart_id, cart_of
from orders.checkout.entries import enter
from orders.checkout.forms import AddressForm, BillingForm, ContactForm, StepForm
from shop.api.base.errors import InvalidData
from shop.api.base.wire import numbered
from shop.pricing.models.promotions import normal_code


class SentAddress(AddressForm):
    """A program's address: more of its own kind is taken than a person would be offered."""

    strict = False


class SentBilling(BillingForm):
    """The same for the invoice."""

    strict = False


type Sent = Mapping[str, Any]

ENTERED = frozenset({"email", "shipping_address", "billing_address", "promo_codes", "metadata"})
"""What a call may enter; there is one region, and the language is the call's."""


@transaction.atomic
def begin(request: Request, sent: Sent) -> str:
    """A guest's new cart, or the customer's only one, with what was sent; returns its id.

    Raises what `change` and `carts.services.add_line` raise.
    """
    customer = customer_of(request)
    made = create_cart(customer_id=customer.pk if customer else None, by=actor_of(request))
    id_ = cart_id(made)
    holder = CartHolder(made.public_id or "", made.customer_id)
    for item in sent.get("items", []):
        put_in(request, holder, item)
    change(request, id_, sent)
    return id_


def put_in(request: Request, holder: CartHolder, item: Sent) -> None:
    """Put so many of a variant into the cart, as chosen on the key's storefront.

    Raises what `carts.services.add_line` raises.
    """
    variant = numbered("variant", item["variant_id"])
    if variant is None:
        raise UnknownVariant
    by = actor_on(request, holder)
    add_line(holder, storefront_of(request), variant, item["quantity"], by=by)


@transaction.atomic
def change(request: Request, asked_id: str, sent: Sent) -> None:
    """Enter e-mail, addresses and consent, and make the voucher codes those that were sent.

    Raises InvalidData, UnknownCart, or VoucherRefused.
    """
    region = sent.get("region_id")
    if region and region != regions.region_id():
        raise InvalidData(f"Region with id: {region} was not found")
    if not ENTERED & set(sent):
        cart_of(request, asked_id)
        return
    basket = basket_of(request, asked_id)
    _enter_contact(request, basket, sent)
    _enter_addresses(request, basket, sent)
    _enter_consent(request, basket, sent.get("metadata", {}).get("terms_accepted"))
    if "promo_codes" in sent:
        set_codes(request, basket, sent["promo_codes"])


@transaction.atomic
def set_codes(request: Request, basket: Basket, typed: Iterable[str | None]) -> None:
    """Make the cart's voucher codes exactly these. Raises VoucherRefused.

    Clients send back what they were told, so the names of offers that need no code are let pass.
    Each code that is new is a try (`carts.guessing`), though the change be undone with the others.
    """
    automatic = {each.name for each in basket.offer.breakdown.discounts if not each.code}
    codes = [normal_code(each) for each in typed if each is not None and each not in automatic]
    kept = basket.contents.codes
    by = actor_on(request, basket.holder)
    for code in kept:
        if code not in codes:
            remove_voucher(basket.holder, code, by=by)
    for code in dict.fromkeys(codes):
        if code not in kept:
            _count_try(request, basket)
            add_voucher(
                basket.holder,
                code,
                storefront=basket.storefront,
                customer=basket.customer,
                by=by,
            )


def _count_try(request: Request, basket: Basket) -> None:
    """A customer's tries count together; those with a guest's cart do, whoever makes them."""
    whose = f"customer:{basket.customer.pk}" if basket.customer else basket.id
    count_try(whose, request.META.get("REMOTE_ADDR", ""))


def _enter_contact(request: Request, basket: Basket, sent: Sent) -> None:
    """The e-mail address, and the phone number, which comes with the address of the parcel."""
    typed = {name: sent[name] for name in ("email",) if name in sent}
    phone = sent.get("shipping_address", {}).get("phone")
    if phone is not None:
        typed["phone"] = phone
    if not typed:
        return
    found = _checked(ContactForm(typed), "", typed)
    entry = basket.checkout
    values = {"email": entry.email, "phone": entry.phone} | found
    by = actor_on(request, basket.holder)
    enter(basket.holder, "contact", values, customer=basket.customer, by=by)


def _enter_addresses(request: Request, basket: Basket, sent: Sent) -> None:
    """Where it goes, and where the invoice is made out to if that is somewhere else."""
    shipping, billing = sent.get("shipping_address"), sent.get("billing_address")
    if shipping is None and billing is None:
        return
    entry = basket.checkout
    values = {name: getattr(entry, name) for name in AddressForm.base_fields}
    phone = entry.phone
    if shipping is not None:
        values = _checked(SentAddress(shipping), "shipping_address.")
        phone = shipping.get("phone", phone)
    invoice = dict(entry.billing)
    if billing is not None:
        number = _checked(ContactForm(billing), "billing_address.", ["phone"])
        invoice = _checked(SentBilling(billing), "billing_address.") | number
        if invoice == values | {"phone": phone or ""}:
            invoice = {}
    by = actor_on(request, basket.holder)
    enter(
        basket.holder,
        "address",
        values | {"billing": invoice},
        customer=basket.customer,
        by=by,
    )


def _enter_consent(request: Request, basket: Basket, accepted: bool | None) -> None:
    """When the shopper agreed to the terms of sale: the first time counts, until it is taken back.

    accepted: as the storefront says that showed them; None: it says nothing.
    """
    if accepted is None:
        return
    moment = (basket.checkout.consent_at or now()) if accepted else None
    by = actor_on(request, basket.holder)
    enter(basket.holder, "terms", {"consent_at": moment}, customer=basket.customer, by=by)


def _checked(form: StepForm, prefix: str, names: Sequence[str] | Sent = ()) -> dict[str, Any]:
    """What a form of the web makes of what was sent: these fields, or all. Raises InvalidData."""
    wanted = names or form.fields
    told = [
        f"{prefix}{name}: {sentence}"
        for name, sentences in form.errors.items()
        if name in wanted
        for sentence in sentences
    ]
    if told:
        raise InvalidData(" ".join(told))
    return {name: form.cleaned_data[name] for name in wanted}

"""Carts in the admin: what staff see of them, and what they do not."""

import pytest

from carts import services
from carts.holders import CartHolder
from carts.models import Cart
from sessionsync.fingerprints import fingerprint
from tests.carts.helpers import GUEST, fill, make_shops, make_variant, new_key
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db


def test_staff_see_a_cart_and_its_history_and_none_of_its_secrets() -> None:
    shops, key = make_shops(), new_key()
    staff = sign_in_staff(shops["galleria"])
    shirt = make_variant(shops["apparel"], title="Linen shirt")
    cart = fill(key, (shirt, shops["apparel"], 3))
    Cart.objects.filter(pk=cart.pk).update(codes=["WELCOME10"])
    named = services.create_cart(by=GUEST)
    services.add_line(CartHolder(named.public_id or ""), shops["apparel"], shirt.pk, 1, by=GUEST)

    listed = staff.get("/admin/carts/cart/").content.decode()
    page = staff.get(f"/admin/carts/cart/{cart.pk}/change/").content.decode()
    other = staff.get(f"/admin/carts/cart/{named.pk}/change/").content.decode()

    assert fingerprint(key) in listed
    for shown in (fingerprint(key), "Linen shirt", "WELCOME10", f"?trail={cart.trail}"):
        assert shown in page
    for text in (listed, page, other):
        assert key not in text
        assert (named.public_id or "") not in text


def test_nobody_changes_a_cart_by_hand() -> None:
    shops, key = make_shops(), new_key()
    staff = sign_in_staff(shops["galleria"])
    cart = fill(key, (make_variant(shops["apparel"]), shops["apparel"], 3))

    assert staff.get("/admin/carts/cart/add/").status_code == 403
    for path, data in (("change", {"codes": "[]"}), ("delete", {"post": "yes"})):
        assert staff.post(f"/admin/carts/cart/{cart.pk}/{path}/", data).status_code == 403
    assert Cart.objects.get().lines.get().quantity == 3

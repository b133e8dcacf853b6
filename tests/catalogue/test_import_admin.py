"""Import and export in the admin: first what would change, then the change."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from sessionsync.models import Session
from shop.catalogue.exchange import admin_views
from shop.catalogue.models import Product, ProductFile
from shop.storefronts.models import Storefront
from tests.carts.helpers import shopper
from tests.catalogue.helpers import plain, product_file
from tests.factories import NetworkFactory, ProductFactory
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db

PAGE = "/admin/catalogue/product/exchange/"
IMPORT, CONFIRM, EXPORT = f"{PAGE}import/", f"{PAGE}confirm/", f"{PAGE}export/"


@pytest.fixture
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def staff(network: dict[str, Storefront]) -> Client:
    return sign_in_staff(network["galleria"])


def upload(content: bytes, shop: Storefront, on_error: str = "stop") -> dict[str, object]:
    file = SimpleUploadedFile("spring.csv", content)
    return {"file": file, "storefront": shop.pk, "format_name": "", "encoding": "",
            "on_error": on_error}  # fmt: skip


def helper(main: Storefront, *permissions: str) -> Client:
    """A member of staff with these permissions on products."""
    user = User.objects.create_user("helper@example.com", "secret", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    Client(headers={"host": main.domain}).force_login(user)
    return shopper(Session.objects.get(state="open", principal=str(user.pk)).key, main)


def test_the_list_of_products_leads_to_the_page(staff: Client) -> None:
    listed = staff.get("/admin/catalogue/product/").content.decode()
    page = staff.get(PAGE).content.decode()

    assert f'href="{PAGE}"' in listed
    assert "Show what would change" in page
    assert "Download" in page


def test_a_preview_changes_nothing_and_the_word_to_go_ahead_does(
    staff: Client, network: dict[str, Storefront]
) -> None:
    # Given
    ProductFactory(slug="mug", title="Mug", storefronts=[network["home"]])
    content = product_file(plain("mug"), plain("cup", Title="Cup & Co"))

    # When
    preview = staff.post(IMPORT, upload(content, network["home"]))

    # Then
    text = preview.content.decode()
    assert preview.status_code == 200
    assert "1 product new, 1 changed, 0 unchanged" in text
    assert "price: 10.00 → 12.50" in text
    assert "Cup &amp; Co" in text
    assert list(Product.objects.values_list("slug", flat=True)) == ["mug"]
    kept = ProductFile.objects.get()
    assert (kept.name, bytes(kept.content)) == ("spring.csv", content)

    # When
    confirmed = staff.post(CONFIRM, {"file": kept.pk}, follow=True)

    # Then
    assert "1 product new, 1 changed, 0 unchanged" in confirmed.content.decode()
    assert sorted(Product.objects.values_list("slug", flat=True)) == ["cup", "mug"]
    assert not ProductFile.objects.exists()
    assert staff.post(CONFIRM, {"file": kept.pk}).status_code == 404


def test_a_faulty_file_is_refused_with_line_column_and_reason(
    staff: Client, network: dict[str, Storefront]
) -> None:
    content = product_file(plain("mug"), plain("cup", **{"Variant Price": "-1"}))

    answer = staff.post(IMPORT, upload(content, network["home"]))

    assert answer.status_code == 422
    assert "line 3, column “Variant Price”: -1 is negative" in answer.content.decode()
    assert not ProductFile.objects.exists()


def test_what_is_left_out_is_named_before_and_after(
    staff: Client, network: dict[str, Storefront]
) -> None:
    # Given
    content = product_file(plain("mug"), plain("cup", **{"Variant Price": "-1"}))

    # When
    preview = staff.post(IMPORT, upload(content, network["home"], "skip")).content.decode()
    done = staff.post(CONFIRM, {"file": ProductFile.objects.get().pk}, follow=True)

    # Then
    assert "<td>3</td><td>Variant Price</td><td>-1 is negative</td>" in preview
    assert "Left out: line 3, column “Variant Price”: -1 is negative" in done.content.decode()
    assert Product.objects.get().slug == "mug"


def test_what_became_wrong_meanwhile_imports_nothing(
    staff: Client, network: dict[str, Storefront]
) -> None:
    # Given a preview, after which another product takes the SKU
    content = product_file(plain("mug", **{"Variant SKU": "M"}))
    staff.post(IMPORT, upload(content, network["home"]))
    ProductFactory(slug="jug", variant__sku="M")

    # When
    answer = staff.post(CONFIRM, {"file": ProductFile.objects.get().pk}, follow=True)

    # Then
    assert "Nothing was imported: line 2, column “Variant SKU”" in answer.content.decode()
    assert Product.objects.get().slug == "jug"


def test_large_files_are_for_the_command(
    staff: Client, network: dict[str, Storefront], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_views, "LARGEST", 100)

    answer = staff.post(IMPORT, upload(product_file(plain()), network["home"]))

    assert answer.status_code == 422
    assert "use the command import_products" in answer.content.decode()


def test_another_ones_file_cannot_be_imported_and_old_ones_go(
    staff: Client, network: dict[str, Storefront]
) -> None:
    # Given a file of somebody else, of two days ago
    other = User.objects.create_superuser("other@example.com", "secret")
    old = ProductFile.objects.create(
        staff=other, storefront=network["home"], name="x", content=b"", on_error="stop"
    )
    ProductFile.objects.update(uploaded_at=timezone.now() - timedelta(days=2))

    # Then
    assert staff.post(CONFIRM, {"file": old.pk}).status_code == 404
    assert staff.post(CONFIRM, {"file": "x"}).status_code == 404
    staff.post(IMPORT, upload(product_file(plain()), network["home"]))
    assert not ProductFile.objects.filter(pk=old.pk).exists()


def test_an_export_is_a_file_with_addresses_of_the_storefront(
    staff: Client, network: dict[str, Storefront]
) -> None:
    # Given a product that can be written and one that cannot
    product = ProductFactory(slug="mug", storefronts=[network["home"]])
    product.images.create(file="products/mug.png")
    ProductFactory(slug="none", storefronts=[network["home"]], variant=None)

    # When
    answer = staff.get(f"{EXPORT}?storefront={network['home'].pk}&format_name=shopify")

    # Then
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert answer["Content-Disposition"] == 'attachment; filename="home-shopify.csv"'
    assert [(row["Handle"], row["Image Src"]) for row in rows] == [
        ("mug", "http://home.example/media/products/mug.png")
    ]
    assert "Left out of the file: none: it has no variant" in staff.get(PAGE).content.decode()


def test_who_may_only_look_may_export_and_not_import(network: dict[str, Storefront]) -> None:
    # Given
    looker = helper(network["galleria"], "view_product", "add_product", "change_product")

    # Then
    page = looker.get(PAGE).content.decode()
    assert "Download" in page
    assert "Show what would change" not in page
    refused = looker.post(IMPORT, upload(product_file(plain()), network["home"]))
    assert refused.status_code == 403
    assert looker.post(CONFIRM, {"file": 1}).status_code == 403
    exported = looker.get(f"{EXPORT}?storefront={network['home'].pk}&format_name=shopify")
    assert exported.status_code == 200


def test_who_may_not_look_gets_nothing(network: dict[str, Storefront]) -> None:
    stranger = helper(network["galleria"], "view_category")

    for address in (PAGE, EXPORT, IMPORT):
        assert stranger.get(address).status_code == 403
    assert Client(headers={"host": "home.example"}).get(PAGE).status_code in {302, 404}

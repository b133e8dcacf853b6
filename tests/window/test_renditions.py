"""Uploaded pictures at the sizes that pages use."""

import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.template import Context, Template
from django.test import Client
from PIL import Image

from shop.catalogue import pictures
from shop.catalogue.models import ProductImage
from shop.window import renditions
from tests.factories import NetworkFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: object) -> Path:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    return tmp_path


@pytest.fixture
def client() -> Client:
    NetworkFactory()
    return Client(headers={"host": "galleria.example"})


def upload(name: str = "coat.jpg", size: tuple[int, int] = (1000, 500), **save: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#336699").save(out, **{"format": "JPEG", **save})  # type: ignore[arg-type]
    return out.getvalue()


def picture(data: bytes, name: str = "coat.jpg") -> ProductImage:
    product = ProductFactory(title="Coat")
    return ProductImage.objects.create(
        product=product, file=ContentFile(data, name), original_alt="A coat"
    )


def test_a_rendition_is_as_wide_as_asked_kept_and_cached_for_ever(
    client: Client, media: Path
) -> None:
    image = picture(upload())

    answer = client.get(pictures.rendition_url(image, 480))

    made = Image.open(io.BytesIO(answer.content))
    assert (made.format, made.size) == ("WEBP", (480, 240))
    assert answer["Content-Type"] == "image/webp"
    assert "immutable" in answer["Cache-Control"]
    assert "max-age=31536000" in answer["Cache-Control"]
    assert not answer.cookies
    kept = list((media / "renditions").iterdir())
    assert [file.read_bytes() for file in kept] == [answer.content]
    assert client.get(pictures.rendition_url(image, 480)).content == answer.content
    assert list((media / "renditions").iterdir()) == kept


def test_a_small_original_is_not_blown_up(client: Client) -> None:
    image = picture(upload(size=(100, 60)))

    made = Image.open(io.BytesIO(client.get(pictures.rendition_url(image, 1200)).content))

    assert made.size == (100, 60)


def test_a_picture_taken_sideways_stands_upright(client: Client) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = picture(upload(exif=exif))

    made = Image.open(io.BytesIO(client.get(pictures.rendition_url(image, 240)).content))

    assert made.size == (240, 480)


@pytest.mark.parametrize("data", [b"", b"not a picture", upload()[:200]])
def test_a_file_that_cannot_be_read_is_shown_as_it_is(
    client: Client, media: Path, data: bytes
) -> None:
    image = picture(data)

    answer = client.get(pictures.rendition_url(image, 480))

    assert (answer.status_code, answer["Location"]) == (302, image.file.url)
    assert not (media / "renditions").exists()


def test_an_enormous_picture_is_not_decoded(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renditions, "LARGEST", 1000 * 500 - 1)
    image = picture(upload())

    assert client.get(pictures.rendition_url(image, 480)).status_code == 302


def test_addresses_that_no_page_names_are_not_found(client: Client, media: Path) -> None:
    image = picture(upload())
    drawing = picture(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "coat.svg")
    good = pictures.digest(image)
    paths = [
        f"/pictures/{image.pk}/{good}/481.webp",
        f"/pictures/{image.pk}/000000000000/480.webp",
        f"/pictures/{image.pk + 1000}/{good}/480.webp",
        pictures.rendition_url(drawing, 480),
    ]

    assert [client.get(path).status_code for path in paths] == [404] * 4
    assert not (media / "renditions").exists()


def test_a_file_that_went_missing_is_not_found(client: Client) -> None:
    image = picture(upload())
    default_storage.delete(str(image.file.name))

    assert client.get(pictures.rendition_url(image, 480)).status_code == 404


def tag(image: ProductImage | None, options: str) -> str:
    source = "{% load window %}{% picture image product " + options + " %}"
    product = image.product if image else ProductFactory(title="Coat")
    return Template(source).render(Context({"image": image, "product": product}))


def test_a_page_lets_the_browser_choose() -> None:
    image = picture(upload())
    base = f"/pictures/{image.pk}/{pictures.digest(image)}"

    assert tag(image, 'size="large"') == (
        f'<img src="{base}/800.webp" srcset="{base}/240.webp 240w, {base}/480.webp 480w, '
        f'{base}/800.webp 800w, {base}/1200.webp 1200w" '
        'sizes="(width &gt;= 78rem) 44rem, (width &gt;= 46rem) 56vw, 92vw" alt="A coat" '
        'width="800" height="800" loading="lazy" decoding="async">'
    )


def test_the_first_picture_is_fetched_before_others() -> None:
    text = tag(picture(upload()), 'size="card" first=True')

    assert 'fetchpriority="high"' in text
    assert "lazy" not in text
    assert 'alt=""' in text


def test_a_drawing_has_its_size_and_no_renditions() -> None:
    image = picture(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "coat.svg")

    text = tag(image, 'size="card"')

    assert 'width="400" height="400"' in text
    assert "srcset" not in text


def test_without_a_file_the_thing_is_drawn_in_place() -> None:
    assert tag(None, 'size="card"').startswith("<svg")

"""Smaller versions of uploaded pictures, made when a browser first asks for one.

A page names them by picture, file and width, so an address never changes what it shows and may be
kept for ever. Drawings (SVG) need none.
"""

import io

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from shop.catalogue.models import ProductImage
from shop.catalogue.pictures import digest

LARGEST = 60_000_000
"""Pixels of an original beyond which it is shown as it is: decoding it takes too much memory."""


class CannotRender(Exception):
    """The file is no picture that can be read, or too large to be."""


def rendition(image: ProductImage, width: int) -> bytes:
    """The picture at one of WIDTHS as WebP, from storage or made now. Raises as `render`."""
    name = f"renditions/{digest(image)}-{width}.webp"
    if default_storage.exists(name):
        with default_storage.open(name) as kept:
            return bytes(kept.read())
    made = render(image, width)
    if not default_storage.exists(name):  # two requests may have made it at the same time
        default_storage.save(name, ContentFile(made))
    return made


def render(image: ProductImage, width: int) -> bytes:
    """The picture at most `width` pixels wide as WebP, upright.

    Raises CannotRender, or FileNotFoundError where storage has no such file.
    """
    try:
        with image.file.open("rb") as file, Image.open(file) as original:
            if original.width * original.height > LARGEST:
                raise CannotRender(f"{image.file.name}: too many pixels")
            original.draft("RGB", (width, width))
            picture = ImageOps.exif_transpose(original)
            has_alpha = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
            picture = picture.convert("RGBA" if has_alpha else "RGB")
    except FileNotFoundError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise CannotRender(f"{image.file.name}: {error}") from error
    if picture.width > width:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=80, method=4)
    return out.getvalue()

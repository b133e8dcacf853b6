"""Where pictures are: the address of a file of ours, and the file that an address means."""

from collections.abc import Collection, Iterable
from urllib.parse import urljoin, urlsplit

from shop.catalogue.models import ProductImage


def public_address(image: ProductImage, base: str) -> str:
    """The address a picture came from, else that of its file below `base`."""
    return image.source_url or urljoin(base, image.file.url)


class KnownImages:
    """A product's pictures by their address; files of ours are found by their public one."""

    def __init__(self, images: Iterable[ProductImage], domains: Collection[str]) -> None:
        self._domains = domains
        self._images = {image.source_url or image.file.url: image for image in images}

    def take(self, address: str) -> ProductImage | None:
        """The picture with that address, once; None where there is none."""
        parts = urlsplit(address)
        own = parts.path if parts.hostname in self._domains else ""
        return self._images.pop(address, None) or self._images.pop(own, None)

    def left(self) -> list[ProductImage]:
        """Pictures that came from somewhere and were not taken."""
        return [image for image in self._images.values() if image.source_url]

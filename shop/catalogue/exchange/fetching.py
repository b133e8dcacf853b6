"""Makes files of ours out of pictures that an import knows by their address only."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import batched
from threading import Semaphore
from urllib.parse import urlsplit

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from shop.catalogue.models import ProductImage
from shop.storefronts.models import Storefront

from .importing import OnProgress
from .remote import Fetcher, NotFetched, Picture

AT_ONCE = 6
"""Pictures fetched at the same time."""
AT_ONCE_PER_HOST = 2
PATIENCE = 3
"""How often in a row a host may not answer before the rest of its pictures wait for another run."""
CHUNK = 60


@dataclass
class Fetched:
    """What was done."""

    fetched: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)
    """Addresses that stay addresses, and why."""

    def __str__(self) -> str:
        kept = f"; {len(self.kept)} kept as addresses" if self.kept else ""
        return f"{self.fetched} images fetched{kept}"


def fetch_images(
    storefront: Storefront | None = None,
    *,
    fetcher: Fetcher | None = None,
    on_progress: OnProgress | None = None,
) -> Fetched:
    """Fetch the pictures that have no file yet, of one storefront's products or of all.

    Each is kept as soon as it is here, so that another run goes on where this one ended. What
    cannot be fetched stays an address, and is tried again by the next run.
    """
    return _Run(fetcher or Fetcher()).fetch_all(storefront, on_progress)


class _Run:
    def __init__(self, fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        self.result = Fetched()
        self.turns: defaultdict[str, Semaphore] = defaultdict(lambda: Semaphore(AT_ONCE_PER_HOST))
        self.silent: Counter[str] = Counter()

    def fetch_all(self, storefront: Storefront | None, on_progress: OnProgress | None) -> Fetched:
        waiting = ProductImage.objects.filter(file="").order_by("pk")
        if storefront and not storefront.is_main:
            waiting = waiting.filter(product__storefronts=storefront)
        images = waiting.select_related("product").only("source_url", "product__slug")
        total = waiting.count()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = 0
            for chunk in batched(images.iterator(chunk_size=CHUNK), CHUNK):
                for image, answer in self.answers(pool, chunk):
                    self.keep(image, answer)
                    done += 1
                    if on_progress:
                        on_progress(done, total)
        return self.result

    def answers(
        self, pool: ThreadPoolExecutor, images: tuple[ProductImage, ...]
    ) -> Iterator[tuple[ProductImage, "Future[Picture]"]]:
        """The pictures with what came of them, in the order in which they come."""
        hosts = {image.pk: _host(image.source_url) for image in images}
        for host in set(hosts.values()):
            self.turns[host]  # made here, where no other thread does
        futures = {pool.submit(self.fetch, image.source_url, hosts[image.pk]): image
                   for image in images}  # fmt: skip
        for future in as_completed(futures):
            yield futures[future], future

    def fetch(self, address: str, host: str) -> Picture:
        """Fetch one, when it is its host's turn; in a thread, without the database."""
        with self.turns[host]:
            if self.silent[host] >= PATIENCE:
                raise NotFetched(_("the host did not answer before"))
            try:
                picture = self.fetcher.fetch(address)
            except NotFetched as problem:
                self.silent[host] = self.silent[host] + 1 if problem.host_is_away else 0
                raise
            self.silent[host] = 0
            return picture

    def keep(self, image: ProductImage, answer: "Future[Picture]") -> None:
        """Store the file, and name it in the database unless the picture is another by now."""
        address = image.source_url
        try:
            picture = answer.result()
        except NotFetched as problem:
            self.result.kept.append((address, str(problem)))
            return
        digest = sha256(address.encode()).hexdigest()[:10]
        name = default_storage.save(
            f"products/{image.product.slug[:80]}-{digest}.{picture.ending}",
            ContentFile(picture.content),
        )
        same = ProductImage.objects.filter(pk=image.pk, file="", source_url=address)
        if same.update(file=name):
            self.result.fetched += 1
        else:
            default_storage.delete(name)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""

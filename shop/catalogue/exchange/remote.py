"""Gets a picture from an address that a stranger wrote; each redirect is checked like the first."""

import http.client
import io
import re
import ssl
from collections.abc import Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urljoin

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from shop import outside
from shop.outside import NotReached

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 60_000_000
MAX_REDIRECTS = 3

MAGIC = {
    "JPEG": ("jpg", re.compile(rb"\xff\xd8\xff")),
    "PNG": ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    "GIF": ("gif", re.compile(rb"GIF8[79]a")),
    "WEBP": ("webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    "AVIF": ("avif", re.compile(rb".{4}ftypavi[fs]", re.DOTALL)),
}
"""What is taken: the format, the ending of its files, and how they begin. No SVG: it can hold
scripts, and would be served as ours."""

_REDIRECTS = {301, 302, 303, 307, 308}


class NotFetched(Exception):
    """Why a picture stays an address. `host_is_away`: the host did not answer at all."""

    def __init__(self, reason: str, host_is_away: bool = False) -> None:
        super().__init__(reason)
        self.host_is_away = host_is_away


@dataclass(frozen=True)
class Picture:
    """What was fetched."""

    content: bytes
    ending: str
    """Of its file's name: jpg."""


@dataclass(frozen=True)
class Fetcher:
    """Fetches pictures. Safe to be used from several threads.

    allow: IP addresses that may be reached although they are not public; for tests, which have no
    other server than this machine. tls: how certificates are checked, else as the system does.
    """

    allow: Collection[str] = ()
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def fetch(self, address: str) -> Picture:
        """The picture at an address. Raises NotFetched with the reason."""
        for _attempt in range(MAX_REDIRECTS + 1):
            answer = self._get(address)
            if isinstance(answer, bytes):
                return checked_picture(answer)
            address = urljoin(address, answer)
        raise NotFetched(_("more than %s redirects") % MAX_REDIRECTS)

    def _get(self, address: str) -> bytes | str:
        """The body, or where it is said to be."""
        try:
            with outside.connected(address, allow=self.allow, tls=self.tls) as (connection, target):
                connection.request(
                    "GET", target,
                    headers={"User-Agent": "Galleria", "Accept": "image/*",
                             "Accept-Encoding": "identity", "Connection": "close"},
                )  # fmt: skip
                return _body(connection.getresponse())
        except NotReached as problem:
            raise NotFetched(str(problem), problem.host_is_away) from problem
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise NotFetched(_("no proper answer: %s") % problem) from problem


def checked_picture(content: bytes) -> Picture:
    """The picture that these bytes are. Raises NotFetched where they are none that is taken."""
    kind = next((kind for kind, (_e, start) in MAGIC.items() if start.match(content)), None)
    if kind is None:
        raise NotFetched(_("not a picture: none of %s") % ", ".join(MAGIC))
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as image:
            width, height = image.size
            if width * height <= MAX_PIXELS:
                image.verify()
    except (
        OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError
    ) as problem:  # fmt: skip
        raise NotFetched(_("a broken picture")) from problem
    if width * height > MAX_PIXELS:
        raise NotFetched(_("%(width)s × %(height)s pixels are too many")
                         % {"width": width, "height": height})  # fmt: skip
    return Picture(content, MAGIC[kind][0])


def _body(answer: http.client.HTTPResponse) -> bytes | str:
    if answer.status in _REDIRECTS and answer.headers["Location"]:
        return str(answer.headers["Location"])
    if answer.status != HTTPStatus.OK:
        raise NotFetched(_("answered %s") % answer.status)
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise NotFetched(_("a packed answer, which was not asked for"))
    content = b"" if (answer.length or 0) > MAX_BYTES else answer.read(MAX_BYTES + 1)
    if (answer.length or 0) > MAX_BYTES or len(content) > MAX_BYTES:
        raise NotFetched(_("larger than %s MB") % (MAX_BYTES // 1024**2))
    if answer.length:
        raise NotFetched(_("the answer broke off"))
    return content

"""Where the demo keeps its things."""

import contextlib
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

# A Unix socket's address holds 108 bytes on Linux and 104 on macOS, with the final NUL.
LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True)
class DemoFiles:
    """The demo's folder and the files in it."""

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.root / "galleria.sqlite3"

    @property
    def media(self) -> Path:
        """Uploaded pictures."""
        return self.root / "media"

    @property
    def valkey_dir(self) -> Path:
        """Where Valkey keeps its data, its log and its process id."""
        return self.root / "valkey"

    @property
    def valkey_socket(self) -> Path:
        """Valkey's Unix socket: under the root, or by a link where that path would be too long."""
        return socket_path(self.valkey_dir)

    @property
    def valkey_url(self) -> str:
        """Valkey's address, as REDIS_URL would give it."""
        return f"unix://{self.valkey_socket}?db=0"

    @property
    def lock(self) -> Path:
        """What the demo that runs holds, with its address in it; it stays when that ends."""
        return self.root / "lock"

    def port(self) -> int:
        """Where the demo runs, or ran last; 8000 if it never did."""
        with contextlib.suppress(OSError):
            if found := re.search(r"localhost:(\d+) ", self.lock.read_text()):
                return int(found[1])
        return 8000

    def prepare(self) -> None:
        """Make the folders, for this user only. Raises OSError where that is not possible."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.media.mkdir(exist_ok=True)

    def secret_key(self) -> str:
        """Return the demo's own SECRET_KEY, made on first use and kept."""
        path = self.root / "secret_key"
        if not path.exists():
            # Written aside and linked into place, so that two first starts agree on one whole key.
            descriptor, draft = tempfile.mkstemp(dir=self.root, prefix="secret_key.")
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(64))
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            Path(draft).unlink()
        return path.read_text()


def socket_path(folder: Path) -> Path:
    """Return where a server that keeps its data in `folder` has its Unix socket.

    That is `folder`/socket/valkey.sock, unless it is too long for a socket's address: then
    `folder`/socket is a link to a short private folder, made by `prepare_socket_folder`, and
    followed here.
    """
    link = folder / "socket"
    return (link.resolve() if link.is_symlink() else link) / "valkey.sock"


def prepare_socket_folder(folder: Path) -> Path:
    """Make the folder for the socket of a server in `folder`, and return the socket's path."""
    link = folder / "socket"
    if link.is_symlink() and not link.exists():
        link.unlink()  # its target went with a reboot
    if not link.exists():
        if len(os.fsencode(link / "valkey.sock")) <= LONGEST_SOCKET_PATH:
            link.mkdir(mode=0o700)
        else:
            link.symlink_to(tempfile.mkdtemp(prefix="galleria-"), target_is_directory=True)
    return socket_path(folder)

"""nginx as deploy/nginx.conf sets it up, and with what that leaves out: a shared cache.

`python -m tests.isolation.nginx` finds it, or installs it where it can.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from shop.ops import packages
from shop.ops.processes import end_process, spawn

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
HOW_TO_GET_IT = "No nginx on this machine. On Debian: apt-get install --no-install-recommends nginx"


class NoNginx(Exception):
    """There is no nginx to put in front of the shop; the message says how to get it."""


def find_nginx() -> str:
    """The program. Raises NoNginx."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise NoNginx(HOW_TO_GET_IT)
    return found


class Nginx:
    """A web server on 127.0.0.1 that keeps all it writes in one folder.

    It speaks TLS on `port`, passes on to the Unix socket `folder/web.sock`, and caches whatever the
    shop's own headers let a shared cache keep.
    """

    def __init__(self, folder: Path, *, port: int, plain_port: int) -> None:
        self.folder = folder
        self.port = port
        self.plain_port = plain_port
        self.cache = folder / "cache"
        self.logs = (folder / "access.log", folder / "error.log")

    def start(self, certificate: Path, key: Path) -> None:
        """Start it. Raises NoNginx, or CalledProcessError with what it says about its settings."""
        program = find_nginx()
        for name in ("cache", "temporary", "media"):
            (self.folder / name).mkdir(parents=True)
        settings = self.folder / "nginx.conf"
        settings.write_text(self._settings(certificate, key))
        command = [program, "-e", str(self.logs[1]), "-p", str(self.folder), "-c", str(settings)]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        self.process = spawn(command)

    def stop(self) -> None:
        """Stop it."""
        end_process(self.process)

    def forget(self) -> None:
        """Empty the cache; only while it is stopped."""
        shutil.rmtree(self.cache)
        self.cache.mkdir()

    def _settings(self, certificate: Path, key: Path) -> str:
        """The shipped file with places of this machine. Raises ValueError if it has changed."""
        site = SHIPPED.read_text()
        access, error = self.logs
        for shipped, here in {
            "server unix:/run/galleria/web.sock;": f"server unix:{self.folder}/web.sock;",
            "listen 80 default_server;": f"listen 127.0.0.1:{self.plain_port} default_server;",
            "listen 443 ssl default_server;": f"listen 127.0.0.1:{self.port} ssl default_server;",
            "listen [::]:80 default_server;": "",
            "listen [::]:443 ssl default_server;": "",
            "/etc/ssl/galleria/fullchain.pem;": f"{certificate};",
            "/etc/ssl/galleria/privkey.pem;": f"{key};",
            "/var/log/nginx/galleria.log": str(access),
            "/var/log/nginx/galleria-error.log": str(error),
            "/var/lib/galleria/media/;": f"{self.folder}/media/;",
            "proxy_pass http://galleria;": "proxy_pass http://galleria;\n" + _CACHED,
        }.items():
            if shipped not in site:
                raise ValueError(f"{SHIPPED} no longer says {shipped!r}")
            site = site.replace(shipped, here)
        temporary = "\n".join(
            f"{kind}_temp_path {self.folder}/temporary;"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""  # all it touches is in our own folder
        return _AROUND.format(user=user, folder=self.folder, temporary=temporary, site=site)


_CACHED = """
        proxy_cache galleria;
        proxy_cache_key $scheme$host$request_uri;
        proxy_cache_lock on;
        add_header X-Cache $upstream_cache_status always;
"""
_AROUND = """
daemon off;
{user}
worker_processes 2;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    # As long as a run takes: it is the people who hang up.
    keepalive_timeout 600s;
    keepalive_requests 100000;
    proxy_cache_path {folder}/cache levels=1:2 keys_zone=galleria:10m inactive=10m;
    {temporary}
    {site}
}}
"""


def main() -> int:
    """Have an nginx. Returns 1, after saying what to do, where there is none to be had."""
    try:
        find_nginx()
    except NoNginx:
        sys.stderr.write("No nginx for the proof of isolation; installing one.\n")
        packages.install("nginx")
    try:
        find_nginx()
    except NoNginx as none:
        sys.stderr.write(f"{none}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A load generator in a process of its own: browsers that visit a network of shops.

    python load.py PORT SECONDS AT_ONCE

One thread and a selector, no HTTP library, so that it takes little of the machine it shares with
the server. Each browser is new, opens a page on one sub-site, and then on another one, which main
knows it for already. Prints one JSON object. Standard library only.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass, field

AGENT = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Safari/537.36\r\nAccept: text/html,application/xhtml+xml\r\n"
    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: cross-site\r\n"
)
SET_COOKIE = re.compile(rb"(?i)\r\nset-cookie: ([^=]+)=([^;\r]*)([^\r]*)")
LOCATION = re.compile(rb"(?i)\r\nlocation: (?:http://([^/:]+)[^/]*)?(\S+)")
LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")

Conversation = Generator[bytes, bytes, None]


@dataclass
class Tally:
    """handshakes: by what kind of visit; seconds: each one's time; requests: of all of them."""

    handshakes: dict[str, int] = field(default_factory=lambda: {"first": 0, "second": 0})
    seconds: list[float] = field(default_factory=list)
    requests: int = 0


def browse(port: int, tally: Tally) -> Conversation:
    """One person after the other; each yields requests and is sent the answers."""
    while True:
        jars: dict[str, dict[str, str]] = {}
        for visit, domain in (("first", "shoes.localhost"), ("second", "hats.localhost")):
            began = time.perf_counter()
            requests = yield from _open(domain, port, jars)
            if requests != 4:
                raise RuntimeError(f"a handshake of {requests} requests")
            tally.seconds.append(time.perf_counter() - began)
            tally.handshakes[visit] += 1
            tally.requests += requests


def _open(domain: str, port: int, jars: dict[str, dict[str, str]]) -> Generator[bytes, bytes, int]:
    path, requests = "/read/", 0
    while True:
        jar = jars.setdefault(domain, {})
        held = "; ".join(f"{name}={value}" for name, value in jar.items())
        cookie = f"Cookie: {held}\r\n" if held else ""
        head = f"GET {path} HTTP/1.1\r\nHost: {domain}:{port}\r\n"
        answer = yield f"{head}{AGENT}{cookie}\r\n".encode()
        requests += 1
        for name, value, rest in SET_COOKIE.findall(answer):
            if b"Max-Age=0" in rest:
                jar.pop(name.decode(), None)
            else:
                jar[name.decode()] = value.decode()
        status = answer[9:12]
        if status == b"200":
            return requests
        moved = LOCATION.search(answer)
        if moved is None:
            raise RuntimeError(f"{domain}{path} answered {answer[:300]!r}")
        domain, path = (moved[1] or domain.encode()).decode(), moved[2].decode()


def complete(answer: bytes) -> bool:
    """Whether an answer has arrived as a whole."""
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    length = LENGTH.search(head)
    return len(body) >= int(length[1]) if length else answer.endswith(b"0\r\n\r\n")


def run(port: int, seconds: float, at_once: int) -> Tally:
    """Keep `at_once` browsers busy for so many seconds."""
    tally, selector = Tally(), selectors.DefaultSelector()
    for _ in range(at_once):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        person = browse(port, tally)
        connection.sendall(next(person))
        selector.register(connection, selectors.EVENT_READ, (person, bytearray()))
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(timeout=1):
            person, received = key.data
            assert isinstance(key.fileobj, socket.socket)
            chunk = key.fileobj.recv(65536)
            if not chunk:
                raise RuntimeError("the server hung up")
            received += chunk
            if complete(bytes(received)):
                answer = bytes(received)
                received.clear()
                key.fileobj.sendall(person.send(answer))
    return tally


def main() -> None:
    port, seconds, at_once = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    started, cpu = time.perf_counter(), time.process_time()
    tally = run(port, seconds, at_once)
    took = time.perf_counter() - started
    ordered = sorted(tally.seconds)
    figures = {
        "handshakes": sum(tally.handshakes.values()),
        "requests": tally.requests,
        "seconds": took,
        "p50_ms": 1000 * ordered[len(ordered) // 2],
        "p95_ms": 1000 * ordered[len(ordered) * 95 // 100],
        "cpu_ms": 1000 * (time.process_time() - cpu),
    }
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main()

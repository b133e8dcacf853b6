"""Another company's OpenID Connect service, on a port of this machine.

It knows one person, asks nothing, and believes a client that shows its secret and the verifier of
the challenge it came with (RFC 7636).
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "galleria", "a-secret-between-the-two"


class Service:
    """The service. `person`: what it says of whoever comes; `codes`: what it has handed out."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.person: dict[str, Any] = {
            "sub": "17",
            "email": "ada@example.com",
            "email_verified": True,
            "given_name": "Ada",
            "family_name": "Lovelace",
        }
        self.codes: dict[str, dict[str, str]] = {}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where to send the browser back to."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """A token for a code, once, for the right client."""
        asked = self.codes.pop(sent.get("code", ""), None)
        verifier = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if (
            asked is None
            or (sent.get("client_id"), sent.get("client_secret")) != (CLIENT, SECRET)
            or asked.get("code_challenge") != challenge
            or asked["redirect_uri"] != sent.get("redirect_uri")
        ):
            return 400, {"error": "invalid_grant"}
        claims = {"iss": self.url, "aud": CLIENT, "exp": 4_000_000_000, "iat": 1, **self.person}
        id_token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})
        return 200, {"access_token": "letmein", "token_type": "Bearer", "id_token": id_token}


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path)[2:4]
            if path == "/.well-known/openid-configuration":
                self.answer(
                    200,
                    {
                        "issuer": service.url,
                        "authorization_endpoint": f"{service.url}/authorize",
                        "token_endpoint": f"{service.url}/token",
                        "userinfo_endpoint": f"{service.url}/userinfo",
                        "jwks_uri": f"{service.url}/jwks",
                        "token_endpoint_auth_methods_supported": ["client_secret_post"],
                    },
                )
            elif path == "/authorize":
                self.send_response(302)
                asked = {name: values[0] for name, values in parse_qs(query).items()}
                self.send_header("Location", service.authorize(asked))
                self.end_headers()
            elif path == "/userinfo" and self.headers["Authorization"] == "Bearer letmein":
                self.answer(200, service.person)
            else:
                self.answer(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(*service.token({n: v[0] for n, v in parse_qs(body).items()}))

        def answer(self, status: int, said: dict[str, Any]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_args: Any) -> None:
            """Quietly."""

    return Handler


@contextmanager
def running_service() -> Iterator[Service]:
    """The service, for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    service = Service(f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = _handler(service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A password hasher that counts what it does: what takes the time of a sign-in is its hashes."""

from typing import Any

from django.contrib.auth.hashers import MD5PasswordHasher

hashed: list[str] = []


class CountingHasher(MD5PasswordHasher):
    """MD5, and a line for each hash that was made."""

    algorithm = "counting"

    def encode(self, password: str, salt: str) -> str:
        """Hash and count."""
        hashed.append(salt)
        return str(super().encode(password, salt))

    def harden_runtime(self, password: str, encoded: Any) -> None:
        """Nothing to make up for."""


PATH = f"{CountingHasher.__module__}.{CountingHasher.__qualname__}"

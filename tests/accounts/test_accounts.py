"""Accounts are known by their address, whatever its case."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_an_address_is_kept_in_lower_case() -> None:
    user = User.objects.create_user(" Ada@Example.ORG ", "correct horse")

    assert user.email == "ada@example.org"
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert authenticate(username="ADA@example.org", password="correct horse") == user
    assert authenticate(username="ada@example.org", password="wrong") is None


def test_one_address_is_one_account() -> None:
    User.objects.create_user("ada@example.org")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ADA@example.org")
    with pytest.raises(ValidationError, match="already exists"):
        User(email="Ada@Example.org", password="x").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        User(email="Bob@Example.org").save()
    assert User.objects.count() == 1


def test_an_account_needs_an_address() -> None:
    with pytest.raises(ValueError, match="needs an e-mail address"):
        User.objects.create_user("")
    assert User.objects.count() == 0


def test_an_account_without_a_password_cannot_log_in() -> None:
    user = User.objects.create_user("ada@example.org")

    assert not user.has_usable_password()


def test_names() -> None:
    ada = User(email="ada@example.org", first_name="Ada", last_name="Lovelace")

    assert (ada.get_full_name(), ada.get_short_name()) == ("Ada Lovelace", "Ada")
    assert (User(email="x@y.z").get_full_name(), User(email="x@y.z").get_short_name()) == (
        "",
        "x@y.z",
    )


def seed_staff() -> str:
    out = StringIO()
    call_command("seed_staff", stdout=out)
    return out.getvalue().strip()


def test_the_demos_administrator_is_added_once(settings: Any) -> None:
    # Given
    settings.DEMO = True

    # When
    first = seed_staff()
    second = seed_staff()

    # Then
    names = ["admin", "merchandiser", "support"]
    assert first.splitlines() == [f"{name}@galleria.localhost added" for name in names]
    assert second.splitlines() == [f"{name}@galleria.localhost is there already" for name in names]
    assert User.objects.count() == 3
    support = User.objects.get(email="support@galleria.localhost")
    assert (support.is_staff, support.is_superuser) == (True, False)
    assert [group.name for group in support.groups.all()] == ["Support"]
    admin = User.objects.get(email="admin@galleria.localhost")
    assert (admin.is_staff, admin.is_superuser) == (True, True)
    assert authenticate(username="admin@galleria.localhost", password="galleria") == admin


def test_outside_the_demo_it_refuses(settings: Any) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match=r"only runs with shop\.settings\.demo"):
        seed_staff()
    assert User.objects.count() == 0

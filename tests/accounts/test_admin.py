"""Accounts in the admin, known by their address."""

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import NetworkFactory
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/user/"


@pytest.fixture
def staff(db: None) -> Client:
    return sign_in_staff(NetworkFactory()["galleria"])


def test_an_account_is_added_found_and_changed(staff: Client) -> None:
    # When
    added = staff.post(
        LIST + "add/",
        {"email": "Ada@Example.org", "usable_password": "true", "password1": "correct-horse-9",
         "password2": "correct-horse-9"},
    )  # fmt: skip

    # Then
    assert added.status_code == 302, added.context["errors"]
    ada = User.objects.get(email="ada@example.org")
    assert ada.check_password("correct-horse-9")
    assert not ada.is_staff
    assert "ada@example.org" in staff.get(LIST, {"q": "ADA"}).content.decode()

    # When
    page = staff.get(f"{LIST}{ada.pk}/change/")
    changed = staff.post(
        f"{LIST}{ada.pk}/change/",
        {"email": "ada@example.org", "first_name": "Ada", "is_active": "on"},
    )

    # Then
    assert page.status_code == 200
    assert ada.password not in page.content.decode()
    assert changed.status_code == 302
    ada.refresh_from_db()
    assert (ada.first_name, ada.check_password("correct-horse-9")) == ("Ada", True)


def test_a_password_is_set_anew(staff: Client) -> None:
    ada = User.objects.create_user("ada@example.org", "old-password-1")
    page = f"{LIST}{ada.pk}/password/"

    assert staff.get(page).status_code == 200
    staff.post(
        page,
        {"usable_password": "true", "password1": "new-password-2", "password2": "new-password-2"},
    )
    ada.refresh_from_db()
    assert ada.check_password("new-password-2")


@pytest.mark.parametrize("email", ["STAFF@example.com", "nobody", ""])
def test_a_taken_or_wrong_address_is_refused(staff: Client, email: str) -> None:
    response = staff.post(
        LIST + "add/",
        {"email": email, "usable_password": "true", "password1": "correct-horse-9",
         "password2": "correct-horse-9"},
    )  # fmt: skip

    assert response.status_code == 200
    assert User.objects.count() == 1


def test_groups_open(staff: Client) -> None:
    assert staff.get("/admin/auth/group/").status_code == 200
    assert staff.get("/admin/auth/group/add/").status_code == 200

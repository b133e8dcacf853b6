"""A browser that is signed in as an administrator."""

from django.test import Client

from accounts.models import User
from sessionsync.models import Session
from shop.storefronts.models import Storefront
from tests.carts.helpers import shopper


def sign_in_staff(main: Storefront) -> Client:
    """Make an administrator and sign them in on the main site."""
    return sign_in(User.objects.create_superuser("staff@example.com", "secret"), main)


def sign_in(user: User, main: Storefront) -> Client:
    """Sign an account in on the main site."""
    Client(headers={"host": main.domain}).force_login(user)
    session = Session.objects.get(state="open", principal=str(user.pk))
    return shopper(session.key, main)

"""How the Store API makes a customer: first an identity (address and password), then the rest.

Nothing here finds out for the caller whether an address is known, except where the format demands
it: `register` says so, as its clients show that sentence; its calls are throttled.
"""

from dataclasses import asdict, dataclass

from django.contrib.auth import authenticate
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts.models import User

from .models import Identity


class EmailTaken(Exception):
    """There is an account, or a registration on its way, with this address."""


class WrongCredentials(Exception):
    """No account has this address and this password."""


@dataclass(frozen=True, slots=True)
class Details:
    """What a customer tells about themselves; each may be empty."""

    first_name: str = ""
    last_name: str = ""
    phone: str = ""


def register(email: str, password: str) -> Identity:
    """Keep an address and a password until a customer is made of them.

    Raises EmailTaken, or Django's ValidationError for a password that is too weak.
    """
    email = email.strip().lower()
    validate_password(password, User(email=email))
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    try:
        with transaction.atomic():
            return Identity.objects.create(email=email, password=make_password(password))
    except IntegrityError:
        raise EmailTaken from None


@transaction.atomic
def become_customer(identity: Identity, details: Details) -> User:
    """Make the customer; the identity, and every token that spoke for it, is gone with that.

    The address is not confirmed by that: the account's pages say what depends on it. Raises
    EmailTaken where somebody signed up with it meanwhile, or the identity has become one.
    """
    locked = Identity.objects.select_for_update().filter(pk=identity.pk).first()
    if locked is None:
        raise EmailTaken
    customer = User(email=locked.email, **asdict(details))
    customer.password = locked.password
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError:
        raise EmailTaken from None
    locked.delete()
    return customer


def log_in(request: HttpRequest, email: str, password: str) -> User | Identity:
    """Who has this address and password: a customer, or an identity that is none yet.

    An identity counts only while no account has its address: a stranger may have registered it
    before its owner signed up on the web. Takes as long for an unknown address as for a wrong
    password: one hash. Raises WrongCredentials.
    """
    email = email.strip().lower()
    has_account = User.objects.filter(email=email).exists()
    identity = None if has_account else Identity.objects.filter(email=email).first()
    if identity is not None:
        if check_password(password, identity.password):
            return identity
        raise WrongCredentials
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        raise WrongCredentials
    return user

"""Tokens speak for whom they were made for, where they were made for, and no longer than told."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from accounts.tokens import keys, registration, services
from accounts.tokens.models import Identity, IssuedToken, RefreshToken, SigningKey
from accounts.tokens.services import RefreshTokenReused, TokenRefused
from shop.storefronts.models import Storefront
from tests.factories import NetworkFactory

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def shops() -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.com", PASSWORD)


def refused(token: str, shop: Storefront, **options: Any) -> bool:
    try:
        services.check(token, shop, **options)
    except TokenRefused:
        return True
    return False


def test_a_token_speaks_for_its_customer_on_its_storefront(
    shops: dict[str, Storefront], ann: User, django_assert_num_queries: Any
) -> None:
    token = services.issue(ann, shops["apparel"])
    with django_assert_num_queries(2):  # the keys, which stay cached, and the row
        assert services.check(token, shops["apparel"]).customer == ann
    with django_assert_num_queries(1):
        services.check(token, shops["apparel"])
    assert refused(token, shops["jewelry"])


def test_it_lives_seven_days(shops: dict[str, Storefront], ann: User) -> None:
    token = services.issue(ann, shops["apparel"])
    row = IssuedToken.objects.get()
    assert row.expires_at - row.issued_at == timedelta(days=7)
    assert not refused(token, shops["apparel"], now=row.expires_at - timedelta(seconds=1))
    assert refused(token, shops["apparel"], now=row.expires_at)


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "storefront:jewelry"},
        {"aud": ["storefront:apparel", "storefront:jewelry"]},
        {"iss": "somebody"},
        {"exp": 1},
        {"jti": None},
        {"aud": None},
    ],
)
def test_other_claims_are_refused(
    shops: dict[str, Storefront], ann: User, changed: dict[str, Any]
) -> None:
    genuine = services.issue(ann, shops["apparel"])
    kid, secret = keys.signing_key()
    claims = jwt.decode(genuine, options={"verify_signature": False}) | changed
    claims = {name: value for name, value in claims.items() if value is not None}
    forged = jwt.encode(claims, secret, algorithm="HS256", headers={"kid": kid})
    assert refused(forged, shops["apparel"])
    assert not refused(genuine, shops["apparel"])


@pytest.mark.parametrize("algorithm", ["none", "HS512", "HS384"])
def test_another_algorithm_is_refused(
    shops: dict[str, Storefront], ann: User, algorithm: str
) -> None:
    claims = jwt.decode(services.issue(ann, shops["apparel"]), options={"verify_signature": False})
    kid, secret = keys.signing_key()
    key = "" if algorithm == "none" else secret * 2
    assert refused(
        jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid}), shops["apparel"]
    )


@pytest.mark.parametrize(
    "text", ["", "x", "a.b.c", "é.é.é", "..", "eyJhbGciOiJIUzI1NiJ9.e30.", "x" * 100_000]
)
def test_nonsense_is_refused(shops: dict[str, Storefront], text: str) -> None:
    assert refused(text, shops["apparel"])


def test_a_token_of_another_secret_is_refused_until_that_is_a_fallback(
    shops: dict[str, Storefront], ann: User, settings: Any
) -> None:
    token = services.issue(ann, shops["apparel"])
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another secret"
    assert refused(token, shops["apparel"])
    settings.SECRET_KEY_FALLBACKS = [old]
    assert not refused(token, shops["apparel"])


@pytest.mark.django_db(transaction=True)
def test_revoked_is_revoked_with_redis_and_without(shops: dict[str, Storefront], ann: User) -> None:
    token, other = services.issue(ann, shops["apparel"]), services.issue(ann, shops["apparel"])
    services.revoke(services.check(token, shops["apparel"]))
    assert refused(token, shops["apparel"])
    cache.clear()
    assert refused(token, shops["apparel"])
    assert not refused(other, shops["apparel"])
    assert services.revoke_all(ann, "password changed") == 1
    assert refused(other, shops["apparel"])
    assert set(IssuedToken.objects.values_list("revoked_why", flat=True)) == {
        "logged out",
        "password changed",
    }


def test_a_closed_account_has_no_token(shops: dict[str, Storefront], ann: User) -> None:
    token = services.issue(ann, shops["apparel"])
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert refused(token, shops["apparel"])


def test_a_short_token_is_refreshed_once_and_the_copy_ends_everything(
    shops: dict[str, Storefront], ann: User
) -> None:
    first = services.issue_pair(ann, shops["apparel"])
    assert first.expires_in == 900
    second = services.refresh(first.refresh_token, shops["apparel"])
    assert services.check(second.token, shops["apparel"]).customer == ann
    elsewhere = services.issue(ann, shops["apparel"])

    with pytest.raises(RefreshTokenReused):
        services.refresh(first.refresh_token, shops["apparel"])

    assert refused(first.token, shops["apparel"])
    assert refused(second.token, shops["apparel"])
    with pytest.raises(TokenRefused):
        services.refresh(second.refresh_token, shops["apparel"])
    assert not refused(elsewhere, shops["apparel"])  # another login


def test_a_refresh_token_is_of_its_storefront_and_its_time(
    shops: dict[str, Storefront], ann: User
) -> None:
    pair = services.issue_pair(ann, shops["apparel"])
    late = timezone.now() + services.REFRESH_LIFE
    for refresh_token, shop, now in [
        (pair.refresh_token, shops["jewelry"], None),
        (pair.refresh_token, shops["apparel"], late),
        ("nonsense", shops["apparel"], None),
    ]:
        with pytest.raises(TokenRefused):
            services.refresh(refresh_token, shop, now)
    assert RefreshToken.objects.get().used_at is None
    assert services.refresh(pair.refresh_token, shops["apparel"]).token


def test_nothing_in_the_database_is_a_token(shops: dict[str, Storefront], ann: User) -> None:
    pair = services.issue_pair(ann, shops["apparel"])
    kept = repr([list(each.objects.values()) for each in (IssuedToken, RefreshToken, SigningKey)])
    assert pair.refresh_token not in kept
    assert pair.token not in kept
    assert keys.signing_key()[1].hex() not in kept


def test_a_new_key_logs_nobody_out_unless_told(shops: dict[str, Storefront], ann: User) -> None:
    old = services.issue(ann, shops["apparel"])
    call_command("rotate_jwt_keys", stdout=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    keys.forget()
    new = services.issue(ann, shops["apparel"])
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    assert not refused(old, shops["apparel"])
    keys.refuse_others(SigningKey.objects.first())  # type: ignore[arg-type]
    keys.forget()
    assert refused(old, shops["apparel"])
    assert not refused(new, shops["apparel"])


def test_an_old_key_is_refused_when_its_last_token_has_expired(ann: User) -> None:
    kid, _secret = keys.signing_key()
    keys.add_key(timezone.now() - keys.LONGEST_LIFE)
    keys.forget()
    assert keys.checking_keys(kid) == []


def test_expired_rows_are_pruned_and_living_ones_stay(
    shops: dict[str, Storefront], ann: User
) -> None:
    long_ago = timezone.now() - timedelta(days=60)
    services.issue(ann, shops["apparel"], long_ago)
    services.issue_pair(ann, shops["apparel"], long_ago)
    living = services.issue(ann, shops["apparel"])
    Identity.objects.create(email="left@example.com", password="!", created_at=long_ago)
    Identity.objects.create(email="today@example.com", password="!")
    assert services.prune() == 4
    assert services.prune() == 0
    assert not refused(living, shops["apparel"])
    assert Identity.objects.get().email == "today@example.com"


def test_register_then_become_a_customer(shops: dict[str, Storefront], rf: Any) -> None:
    identity = registration.register("  New@Example.com ", PASSWORD)
    token = services.issue_for_identity(identity, shops["apparel"])
    assert services.check(token, shops["apparel"]).customer is None
    assert registration.log_in(rf.post("/"), "new@example.com", PASSWORD) == identity

    customer = registration.become_customer(identity, registration.Details("Ann", "Lee", ""))

    assert (customer.email, customer.first_name) == ("new@example.com", "Ann")
    assert registration.log_in(rf.post("/"), "NEW@example.com", PASSWORD) == customer
    assert refused(token, shops["apparel"])
    with pytest.raises(registration.EmailTaken):
        registration.become_customer(identity, registration.Details())


@pytest.mark.parametrize("taken", ["ann@example.com", "Ann@Example.COM ", "on.its.way@example.com"])
def test_an_address_registers_once(ann: User, taken: str) -> None:
    registration.register("on.its.way@example.com", PASSWORD)
    with pytest.raises(registration.EmailTaken):
        registration.register(taken, PASSWORD)
    assert Identity.objects.count() == 1


def test_an_address_taken_meanwhile_makes_no_second_customer(ann: User) -> None:
    identity = Identity.objects.create(email="ann@example.com", password="!")
    with pytest.raises(registration.EmailTaken):
        registration.become_customer(identity, registration.Details())
    assert User.objects.get() == ann
    assert Identity.objects.get() == identity


@pytest.mark.parametrize(
    ("email", "password"),
    [("ann@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("", "")],
)
def test_wrong_credentials_name_nobody(ann: User, rf: Any, email: str, password: str) -> None:
    with pytest.raises(registration.WrongCredentials):
        registration.log_in(rf.post("/"), email, password)

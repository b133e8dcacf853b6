"""A customer's orders, and claiming those that were made as a guest."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import MailedLink
from orders import claims
from shop.audit.models import Entry
from tests.accounts.ordering import make_order
from tests.accounts.shopper import Shopper, customer, letters, link_in

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"


def signed_in(shops: dict[str, Any], email: str = EMAIL) -> Shopper:
    browser = Shopper()
    browser.sign_in(shops["apparel"], email)
    return browser


def ask(browser: Shopper, shops: dict[str, Any]) -> Any:
    page = browser.page(shops["apparel"], "/account/orders/")
    return browser.send(page, "/account/orders/claim/")


def test_one_sees_ones_own_orders_of_all_shops_and_nobody_elses(shops: dict[str, Any]) -> None:
    # Given
    ada, bob = customer(), customer("bob@example.com")
    older = make_order(shops["home"], customer=ada, days_ago=3)
    newer = make_order(shops["apparel"], customer=ada, days_ago=1)
    make_order(shops["home"], customer=bob)
    make_order(shops["home"])

    # When
    page = signed_in(shops).page(shops["jewelry"], "/account/orders/")

    # Then
    assert [order.number for order in page.context["page"]] == [newer.number, older.number]
    assert f'href="/orders/{newer.token}/"' in page.content.decode()


def test_the_list_has_pages_and_few_queries(
    shops: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    ada = customer()
    for _number in range(23):
        make_order(shops["home"], customer=ada)
    browser = signed_in(shops)

    with django_assert_max_num_queries(25):
        page = browser.page(shops["apparel"], "/account/orders/")

    assert len(page.context["page"].object_list) == 20
    assert "Older orders" in page.content.decode()
    second = browser.page(shops["apparel"], "/account/orders/?page=2")
    assert len(second.context["page"].object_list) == 3
    odd = browser.page(shops["apparel"], "/account/orders/?page=nonsense")
    assert len(odd.context["page"].object_list) == 20


def test_a_confirmed_address_alone_opens_nobodys_orders(shops: dict[str, Any]) -> None:
    customer()
    order = make_order(shops["home"])

    page = signed_in(shops).page(shops["apparel"], "/account/orders/")

    assert order.number not in page.content.decode()
    order.refresh_from_db()
    assert order.customer is None


def test_orders_are_claimed_by_the_mailed_link(shops: dict[str, Any]) -> None:
    # Given
    ada = customer()
    first = make_order(shops["home"], email="Ada@Example.com")
    second = make_order(shops["apparel"])
    others = make_order(shops["home"], email="bob@example.com")
    browser = signed_in(shops)

    # When
    page = ask(browser, shops)

    # Then
    assert "a mail is on its way" in page.content.decode()
    (letter,) = letters(EMAIL)
    assert first.number in letter.text
    assert second.number in letter.text
    assert others.number not in letter.text

    # When
    page = browser.open(link_in(letter))

    # Then
    text = page.content.decode()
    assert first.number in text
    first.refresh_from_db()
    assert first.customer is None

    # When
    page = browser.send(page, browser.url)

    # Then
    assert "2 orders are in your account now." in page.content.decode()
    assert [order.number for order in page.context["page"]] == [second.number, first.number]
    first.refresh_from_db()
    others.refresh_from_db()
    assert [order.customer for order in (first, others)] == [ada, None]
    entry = Entry.objects.get(trail=first.trail)
    assert (entry.action, entry.kind, entry.customer_id) == ("order.claimed", "customer", ada.pk)
    assert EMAIL not in str(entry.facts)


def test_the_link_works_once(shops: dict[str, Any]) -> None:
    customer()
    order = make_order(shops["home"])
    browser = signed_in(shops)
    ask(browser, shops)
    link = link_in(letters(EMAIL)[0])
    browser.send(browser.open(link), browser.url)
    order.refresh_from_db()
    order.customer = None
    order.save()

    page = browser.open(link)

    assert page.status_code == 410
    assert "was used before" in page.content.decode()
    order.refresh_from_db()
    assert order.customer is None


def test_the_link_works_for_a_day(shops: dict[str, Any]) -> None:
    customer()
    make_order(shops["home"])
    browser = signed_in(shops)
    ask(browser, shops)
    MailedLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert browser.open(link_in(letters(EMAIL)[0])).status_code == 410


def test_the_link_works_for_who_asked_alone(shops: dict[str, Any]) -> None:
    customer()
    customer("bob@example.com")
    order = make_order(shops["home"])
    ask(signed_in(shops), shops)
    link = link_in(letters(EMAIL)[0])
    bob = signed_in(shops, "bob@example.com")

    assert bob.open(link).status_code == 410
    page = bob.page(shops["apparel"], "/account/orders/")
    assert bob.send(page, link.removeprefix("https://apparel.example")).status_code == 410
    stranger = Shopper()
    stranger.open(link)
    assert "/account/login/?next=/account/orders/claim/" in stranger.url
    order.refresh_from_db()
    assert order.customer is None


@pytest.mark.parametrize("key", ["nonsense", "a:b", "x" * 500])
def test_a_made_up_link_claims_nothing(shops: dict[str, Any], key: str) -> None:
    customer()
    page = signed_in(shops).page(shops["apparel"], f"/account/orders/claim/{key}/")
    assert page.status_code == 410


def test_where_there_is_nothing_the_page_says_the_same_and_no_mail_goes(
    shops: dict[str, Any],
) -> None:
    customer()

    page = ask(signed_in(shops), shops)

    assert "a mail is on its way" in page.content.decode()
    assert letters(EMAIL) == []


def test_three_mails_an_hour(shops: dict[str, Any]) -> None:
    customer()
    make_order(shops["home"])
    browser = signed_in(shops)
    for _time in range(3):
        ask(browser, shops)

    page = ask(browser, shops)

    assert "We have sent you several mails already." in page.content.decode()
    assert len(letters(EMAIL)) == 3


def test_an_order_that_somebody_claimed_meanwhile_stays_theirs(shops: dict[str, Any]) -> None:
    customer()
    bob = customer("bob@example.com")
    order = make_order(shops["home"])
    browser = signed_in(shops)
    ask(browser, shops)
    page = browser.open(link_in(letters(EMAIL)[0]))
    order.customer = bob
    order.save()

    page = browser.send(page, browser.url)

    assert "0 orders are in your account now." in page.content.decode()
    order.refresh_from_db()
    assert order.customer == bob


def test_two_who_use_one_link_at_once_get_it_once(shops: dict[str, Any]) -> None:
    """The second has looked the link up before the first used it."""
    from accounts.services import links

    # Given
    ada = customer()
    make_order(shops["home"])
    ask(signed_in(shops), shops)
    key = link_in(letters(EMAIL)[0]).rstrip("/").rsplit("/", 1)[1]
    seen = links.look_up(key, MailedLink.Purpose.CLAIM_ORDERS, ada)
    assert seen.used_at is None

    # When
    links.use(key, MailedLink.Purpose.CLAIM_ORDERS, ada)

    # Then
    with pytest.raises(claims.LinkRefused):
        links.use(key, MailedLink.Purpose.CLAIM_ORDERS, ada)


def test_the_table_of_links_opens_nothing(shops: dict[str, Any]) -> None:
    customer()
    make_order(shops["home"])
    ask(signed_in(shops), shops)
    row = MailedLink.objects.get()
    key = link_in(letters(EMAIL)[0]).rstrip("/").rsplit("/", 1)[1]

    assert key.split(":")[0] not in (row.digest, str(row.data))
    page = signed_in(shops).page(shops["apparel"], f"/account/orders/claim/{row.digest}/")
    assert page.status_code == 410

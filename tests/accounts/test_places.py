"""Provinces and postal codes: chosen of a list, checked, told at the field, kept as they were."""

from typing import Any

import pytest
from django.utils.translation import override

from accounts.countries import NAMES, PROVINCE_NEEDED
from accounts.forms.addresses import AddressForm
from accounts.models import Address
from accounts.subdivisions import (
    _address_data,
    choices,
    find_subdivision,
    is_postal_code,
    postal_code_example,
    subdivisions,
)
from tests.accounts.shopper import Shopper, customer
from tests.accounts.test_addresses import LONDON

pytestmark = pytest.mark.django_db

OAKLAND = LONDON | {"city": "Oakland", "postal_code": "94607", "country_code": "us"}


def form(sent: dict[str, Any] | None = None, stored: dict[str, Any] | None = None) -> AddressForm:
    return AddressForm(sent, instance=Address(**stored) if stored else None)


def refused(made: AddressForm) -> dict[str, list[str]]:
    return {name: [str(each) for each in told] for name, told in made.errors.items()}


# The lists.


def test_each_of_a_list_is_told_apart_and_found_again() -> None:
    for language in ("en", "zh-hans"):
        with override(language):
            for country in NAMES:
                listed = choices(country)
                assert len({code for code, _name in listed}) == len(listed)
                assert len({name for _code, name in listed}) == len(listed)
                names = dict(listed)
                for each in subdivisions(country):
                    for text in (each.code, names[each.code], each.written(), each.name.upper()):
                        assert find_subdivision(country, text) == each, (language, country, text)


def test_where_a_parcel_needs_a_province_there_is_a_list() -> None:
    assert {country for country in PROVINCE_NEEDED if choices(country)} == PROVINCE_NEEDED
    for country in ("de", "gb", "ie", "nl", "zz", "", "u", "usa", "../us", "ü§", "US\n"):
        assert choices(country) == []


def test_what_is_typed_for_a_country_is_not_kept() -> None:
    choices("us")
    before = _address_data.cache_info().currsize

    for typed in ("12 St James's Square", "x" * 3000, "üß"):
        assert (choices(typed), is_postal_code(typed, "1")) == ([], True)

    assert _address_data.cache_info().currsize == before


def test_names_are_in_the_active_language_where_most_are_known_in_it() -> None:
    with override("zh-hans"):
        assert dict(choices("us"))["US-CA"] == "加利福尼亚州"
        assert dict(choices("cn"))["CN-GD"] == "广东省"
        assert dict(choices("mx"))["MX-JAL"] == "Jalisco"  # many others have no Chinese name
        assert [name for _code, name in choices("cn")][:3] == ["安徽省", "澳门", "北京市"]
    with override("en"):
        assert dict(choices("us"))["US-CA"] == "California"
        assert dict(choices("cn"))["CN-GD"] == "Guangdong Sheng"
        assert [name for _code, name in choices("es")][:2] == ["Álava", "Albacete"]


@pytest.mark.parametrize(
    ("language", "country", "text", "written"),
    [
        ("en", "us", "US-CA", "CA"),
        ("en", "us", "us-ca", "CA"),
        ("en", "us", "california", "CA"),
        ("zh-hans", "us", "加利福尼亚州", "CA"),
        ("en", "ca", "Quebec", "QC"),
        ("en", "au", "nsw", "NSW"),
        ("en", "cn", "CN-GD", "Guangdong Sheng"),
        ("zh-hans", "cn", "CN-GD", "广东省"),
        ("zh-hans", "cn", "CN-NX", "宁夏"),
        ("zh-hans", "cn", "宁夏回族自治区", "宁夏"),
        ("en", "cn", "广东省", "Guangdong Sheng"),
        ("en", "es", "B", "Barcelona"),
        ("en", "it", "Roma", "RM"),
        ("en", "hk", "九龍", "Kowloon"),
    ],
)
def test_a_code_or_name_is_written_as_parcels_bear_it(
    language: str, country: str, text: str, written: str
) -> None:
    with override(language):
        found = find_subdivision(country, text)
        assert found is not None
        assert found.written() == written


@pytest.mark.parametrize(
    ("country", "right", "wrong"),
    [
        ("us", ["94607", "94607-1234"], ["9460", "H3Z 2Y7", "94607-12"]),
        ("ca", ["H3Z 2Y7", "h3z2y7"], ["H3Z", "94607"]),
        ("gb", ["SW1Y 4JH", "sw1y4jh"], ["12345", "SW1Y"]),
        ("de", ["10115", "D-10115"], ["1011", "D-1011"]),
        ("lv", ["LV-1010", "1010"], ["10100"]),
        ("cn", ["100096", "１０００９６"], ["10009"]),
        ("hk", ["", "anything"], []),
        ("zz", ["anything"], []),
    ],
)
def test_a_postal_code_looks_like_its_countrys(
    country: str, right: list[str], wrong: list[str]
) -> None:
    assert [is_postal_code(country, code) for code in right] == [True] * len(right)
    assert [is_postal_code(country, code) for code in wrong] == [False] * len(wrong)
    if wrong:
        assert is_postal_code(country, postal_code_example(country))


# The address book's form, which shares its fields with the checkout's.


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"province": ""}, {"province": ["Please choose the state or province."]}),
        ({"province": "Kalifornien"}, {"province": [
            "“Kalifornien” is no state or province of United States that we know. Please choose "
            "one of the list."
        ]}),
        # Without script the list of Brazil stays: Pará is not Pennsylvania.
        ({"province": "BR-PA"},
         {"province": ["Please choose the state or province in United States."]}),
        ({"province": "CA", "postal_code": "H3Z 2Y7"}, {"postal_code": [
            "“H3Z 2Y7” is no postal code of United States. One looks like this: 95014."
        ]}),
        ({"province": "CA", "postal_code": ""},
         {"postal_code": ["Please enter the postal code."]}),
        ({"province": "CA" * 61},
         {"province": ["Ensure this value has at most 120 characters (it has 122)."]}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_the_field(
    changed: dict[str, str], told: dict[str, list[str]]
) -> None:
    made = form(OAKLAND | changed)
    assert refused(made) == told
    # And the page that says so has the list.
    assert '<option value="US-WY">Wyoming</option>' in str(made["province"])


def test_a_list_that_stays_from_another_country_is_dropped_where_none_is_needed() -> None:
    made = form(LONDON | {"province": "US-CA"})
    assert refused(made) == {}
    assert made.cleaned_data["province"] == ""
    assert "US-CA" not in str(made["province"])


@pytest.mark.parametrize(
    ("country", "code", "text", "written"),
    [
        ("gb", "SW1Y 4JH", " Greater \n London ", "Greater London"),
        ("es", "28013", "ES-M", "Madrid"),
        ("es", "28013", "Comunidad de Madrid", "Comunidad de Madrid"),
        ("es", "28013", "", ""),
    ],
)
def test_where_it_is_not_needed_it_may_be_typed_or_left_out(
    country: str, code: str, text: str, written: str
) -> None:
    sent = LONDON | {"country_code": country, "postal_code": code, "province": text}
    made = form(sent)
    assert refused(made) == {}
    assert made.cleaned_data["province"] == written
    shown = str(form(sent | {"province": written})["province"])
    assert f'value="{"ES-M" if written == "Madrid" else written}"' in shown


def test_what_was_stored_is_shown_and_stays_valid_with_its_country() -> None:
    stored = OAKLAND | {"province": "Calif.", "postal_code": "CA 94607"}

    shown = str(form(stored=stored)["province"])
    assert '<option value="Calif." selected>Calif.</option>' in shown
    assert refused(form(dict(stored), stored)) == {}

    # With another country it is looked at.
    moved = form(stored | {"country_code": "ca"}, stored)
    assert sorted(refused(moved)) == ["postal_code", "province"]


@pytest.mark.parametrize("stored", ["CA", "California", "ca"])
def test_what_was_typed_before_there_was_a_list_is_found_in_it(stored: str) -> None:
    shown = str(form(stored=OAKLAND | {"province": stored})["province"])
    assert '<option value="US-CA" selected>California</option>' in shown
    assert shown.count("selected") == 1


# As a browser meets them.


def test_an_address_is_chosen_without_script_and_stored_as_parcels_bear_it(
    shops: dict[str, Any],
) -> None:
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    page = ada.page(shops["apparel"], "/account/addresses/new/")
    assert '<input type="text" name="province"' in page.content.decode()

    # The country is chosen; nothing follows, so the page comes back with the list.
    page = ada.send(page, "/account/addresses/new/", **OAKLAND)
    assert not Address.objects.exists()
    assert '<option value="US-CA">California</option>' in page.content.decode()
    ada.send(page, "/account/addresses/new/", **OAKLAND | {"province": "US-CA"})

    stored = Address.objects.get()
    assert (stored.province, stored.country_code) == ("CA", "us")


def test_with_htmx_the_field_follows_the_country_for_anybody(shops: dict[str, Any]) -> None:
    page = Shopper().page

    def field(query: str) -> str:
        answer = page(shops["apparel"], f"/account/addresses/province/?{query}")
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert "<html" not in answer.content.decode()
        return str(answer.content.decode())

    assert '<option value="CA-QC">Quebec</option>' in field("country_code=ca&prefix=")
    assert '<input type="text" name="province"' in field("country_code=de")
    billing = field("prefix=billing&billing-country_code=us")
    assert 'id="id_billing-province_field"' in billing
    assert 'autocomplete="billing address-level1"' in billing
    assert '<option value="US-CA">' in billing
    for odd in (
        "",
        "country_code=" + "x" * 3000,
        "prefix=%22%3E&country_code=us",
    ):
        assert 'name="province"' in field(odd)

"""The schema is of every call there is, says what each needs, and opens for everyone."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from shop.api import urls
from shop.api.base.views import CatalogueView, StoreView

HELD_OPEN = {"/{path}"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator(urlconf="shop.api.urls").get_schema(public=True)  # type: ignore[no-untyped-call]
    return made


def views(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, type[StoreView]]]:
    """Each address of the API in the schema's words, with its view."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from views(each.url_patterns, prefix + str(each.pattern))
        elif isinstance(each, URLPattern) and not each.pattern.regex.pattern.startswith("^("):
            kind = getattr(each.callback, "view_class", None)
            if kind is not None and issubclass(kind, StoreView):
                route = str(each.pattern)
                yield prefix + route.replace("<str:", "{").replace(">", "}"), kind


def test_it_is_valid_and_complete(schema: dict[str, Any]) -> None:
    validate_schema(schema)  # type: ignore[no-untyped-call]
    known = {
        (path, method) for path, calls in schema["paths"].items() for method in calls
    }  # fmt: skip
    served = {
        (path, method)
        for path, kind in views(urls.urlpatterns)
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(kind, method)
    }
    assert known == served
    assert len(served) >= 20


def test_each_call_says_what_it_needs_and_how_it_refuses(schema: dict[str, Any]) -> None:
    public = {path for path, kind in views(urls.urlpatterns) if issubclass(kind, CatalogueView)}
    for path, calls in schema["paths"].items():
        for method, call in calls.items():
            assert all("publishableKey" in each for each in call["security"]), (method, path)
            assert call["summary"], (method, path)
            assert "400" in call["responses"], (method, path)
            assert "429" in call["responses"], (method, path)
            assert ("401" not in call["responses"]) == (path in public), (method, path)
            taken = call["responses"]["200"]["content"]["application/json"]["schema"]
            assert taken["$ref"].startswith("#/components/schemas/"), (method, path)
            body = call.get("requestBody", {"content": {"application/json": {}}})
            assert list(body["content"]) == ["application/json"], (method, path)
    names = [call["operationId"] for calls in schema["paths"].values() for call in calls.values()]
    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_where_the_schema_wants_a_token_a_guest_is_refused_and_nowhere_else(
    schema: dict[str, Any], call: Any
) -> None:
    wanted = 0
    for path, calls in schema["paths"].items():
        for method, told in calls.items():
            asked = path.replace("{id}", "x").replace("{line}", "x")
            answer = call(method.upper(), asked, {} if method == "post" else None)
            needs = all("customer" in each for each in told["security"])
            assert (answer.status == 401) == needs, (method, path, answer)
            wanted += needs
    assert wanted >= 12


@pytest.mark.django_db
def test_anyone_may_read_it_and_keep_it(shops: dict[str, Any]) -> None:
    client = Client(HTTP_HOST=shops["apparel"].domain)
    for path in ["/api/schema/", "/api/schema/?format=json", "/api/docs/"]:
        answer = client.get(path, headers={"authorization": "Bearer nonsense"})
        assert answer.status_code == 200, path
        assert answer["Cache-Control"] == "public, max-age=60", path
        assert not answer.cookies, path
        assert "Cookie" not in answer["Vary"], path
        assert "Cookie" not in answer.get("Vary", ""), path


@pytest.mark.django_db
def test_the_page_runs_no_script_but_our_files(shops: dict[str, Any]) -> None:
    answer = Client(HTTP_HOST=shops["apparel"].domain).get("/api/docs/")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    html = answer.content.decode()
    assert "https://" not in html
    assert "<script>" not in html
    assert "csrf" not in html.lower()

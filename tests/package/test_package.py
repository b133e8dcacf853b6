"""sessionsync alone, as anybody would install it: its wheel, Django, and a project of two pages."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import sessionsync

from .browser import Browser
from .project import ROOT, Project, build_wheel, environment, run

MALL, SHOES, HATS = "mall.localhost", "shoes.localhost", "hats.localhost"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module", params=["5.2", "6.1"])
def project(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    folder = tmp_path_factory.mktemp("project")
    project = Project.start(folder, environment(request.param, wheel))
    assert project.manage("version").startswith(f"{request.param}.")
    project.manage("makemigrations", "example")
    project.manage("migrate")
    project.manage("shell", "-c", _MAKE_ADA)
    return project


_MAKE_ADA = (
    "from django.contrib.auth.models import User;"
    "User.objects.create_user('ada', password='difference-engine')"
)


@pytest.fixture(scope="module")
def port(project: Project) -> Iterator[int]:
    with project.serving() as port:
        yield port


@pytest.fixture
def browser(port: int) -> Browser:
    return Browser(port)


def sign_in(browser: Browser, domain: str) -> None:
    browser.open(domain, "/login/")
    browser.submit("/login/", {"username": "ada", "password": "difference-engine"})


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    there = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "sessionsync").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != "pyproject.toml"
    }
    info = f"django_sessionsync-{sessionsync.__version__}.dist-info/"
    assert {name for name in names if not name.startswith(info)} == there
    assert "sessionsync/templates/sessionsync/stopped.html" in names
    assert "sessionsync/locale/zh_Hans/LC_MESSAGES/django.mo" in names
    assert "sessionsync/migrations/0001_initial.py" in names


def test_only_what_it_asks_for_is_installed(project: Project) -> None:
    listed = run(project.python, "-c", _INSTALLED).split()
    assert set(listed) == {
        "asgiref",
        "django",
        "django-redis",
        "django-sessionsync",
        "redis",
        "sqlparse",
    }


_INSTALLED = (
    "from importlib.metadata import distributions;print(*(d.name.lower() for d in distributions()))"
)


def test_django_finds_nothing_to_complain_about(project: Project) -> None:
    assert "no issues" in project.manage("check")


def test_no_migration_is_missing(project: Project) -> None:
    said = project.manage("makemigrations", "--check", "--dry-run")
    assert said.strip() == "No changes detected"


def test_its_tests_browser_can_be_imported(project: Project) -> None:
    project.manage("shell", "-c", "import sessionsync.testing")


def test_a_first_visit_takes_four_requests(browser: Browser) -> None:
    browser.open(SHOES, "/?colour=red")
    assert browser.statuses == [307, 307, 303, 200]
    assert browser.url == f"http://{SHOES}:{browser.port}/?colour=red"
    browser.open(SHOES)
    assert browser.statuses == [200]


def test_three_sites_have_one_session(browser: Browser) -> None:
    seen = {browser.open(domain).shown("session") for domain in (SHOES, HATS, MALL)}
    assert len(seen) == 1
    assert "" not in seen
    assert Browser(browser.port).open(SHOES).shown("session") not in seen


def test_what_is_written_on_one_site_is_on_all(browser: Browser) -> None:
    browser.open(SHOES).submit("/write/", {"text": "laces"})
    browser.open(HATS).submit("/write/", {"text": "ribbon"})
    assert [browser.open(d).notes for d in (MALL, SHOES, HATS)] == [["laces", "ribbon"]] * 3


def test_signing_in_on_a_sub_site_reaches_all_sites(browser: Browser) -> None:
    browser.open(HATS)
    browser.open(SHOES).submit("/write/", {"text": "laces"})
    sign_in(browser, SHOES)
    assert browser.shown("user") == "ada"
    for domain in (MALL, HATS, SHOES):
        page = browser.open(domain)
        assert (page.shown("user"), page.notes) == ("ada", ["laces"])


def test_logging_out_on_one_site_is_logging_out_everywhere(browser: Browser) -> None:
    sign_in(browser, MALL)
    assert {browser.open(d).shown("user") for d in (SHOES, HATS, MALL)} == {"ada"}
    browser.open(HATS).submit("/logout/", {})
    assert {browser.open(d).shown("user") for d in (SHOES, HATS, MALL)} == {""}


def test_a_first_post_is_carried_out_once(browser: Browser) -> None:
    browser.url = f"http://{HATS}:{browser.port}/"
    browser.submit("/write/", {"text": "feather"})
    assert browser.notes == ["feather"]
    assert len(browser.statuses) <= 7
    assert browser.open(MALL).notes == browser.open(SHOES).notes == ["feather"]


def test_what_a_script_wrote_for_a_site_alone_is_merged(browser: Browser) -> None:
    browser.open(SHOES).submit("/write/", {"text": "laces"})
    script = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}
    url = f"http://{HATS}:{browser.port}/write-by-script/"
    assert browser.send("POST", url, {"text": "feather"}, script).status_code == 302
    assert sorted(browser.open(HATS).notes) == ["feather", "laces"]
    assert sorted(browser.open(SHOES).notes) == ["feather", "laces"]

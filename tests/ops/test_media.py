"""The demo's own uploads."""

from pathlib import Path
from typing import Any

import pytest
from django.http import FileResponse, Http404
from django.test import RequestFactory

from shop.ops.media import upload


def test_a_file_is_served(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "a.txt").write_text("here")

    response = upload(RequestFactory().get("/media/a.txt"), "a.txt")

    assert isinstance(response, FileResponse)
    assert response.getvalue() == b"here"


@pytest.mark.parametrize("name", ["b.txt", "a" * 256, "ä" * 128, "a/" * 4000, "a.txt/b"])
def test_a_name_that_no_file_has_is_not_found(name: str, tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "a.txt").write_text("here")

    with pytest.raises(Http404):
        upload(RequestFactory().get("/media/x"), name)

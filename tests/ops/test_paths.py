"""Where the demo's things are."""

from pathlib import Path

import pytest

from shop.ops.paths import DemoFiles


@pytest.mark.parametrize(
    ("held", "port"),
    [
        ("http://galleria.localhost:8123 (process 4711)", 8123),
        ("", 8000),
        (None, 8000),
    ],
)
def test_the_demos_port_is_told_by_what_it_holds(
    tmp_path: Path, held: str | None, port: int
) -> None:
    files = DemoFiles(tmp_path)
    if held is not None:
        files.lock.write_text(held)
    assert files.port() == port

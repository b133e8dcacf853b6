"""The virtual environment is whole, or it is made anew."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from shop.ops import make_env

EMPTY = "# no package at all\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose demo needs no package."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "demo.txt").write_text(EMPTY)
    monkeypatch.setattr(make_env, "ROOT", tmp_path)
    return tmp_path


def test_it_is_made_once_and_stamped(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Given no environment, when one is asked for
    folder = checkout / ".venv"
    assert make_env.main(["demo", str(folder)]) == 0
    # Then it runs, and its stamp is the hash of what was installed
    assert subprocess.run([folder / "bin" / "python", "-c", ""], check=False).returncode == 0
    stamp = folder / ".installed-demo"
    assert stamp.read_text().strip() == hashlib.sha256(EMPTY.encode()).hexdigest()
    assert not (folder / make_env.UNFINISHED).exists()
    assert "Making .venv with Python" in capsys.readouterr().err
    # When it is asked for again, then nothing is done and nothing is said
    written = stamp.stat().st_mtime_ns
    assert make_env.main(["demo", str(folder)]) == 0
    assert stamp.stat().st_mtime_ns == written
    assert capsys.readouterr().err == ""
    # When an earlier run was interrupted, then it is made anew
    (folder / make_env.UNFINISHED).touch()
    (folder / "rubbish").touch()
    assert make_env.main(["demo", str(folder)]) == 0
    assert not (folder / "rubbish").exists()
    assert stamp.exists()


def test_requirements_that_cannot_be_installed_leave_no_stamp(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given requirements that pip refuses
    (checkout / "requirements" / "demo.txt").write_text("no such thing at all\n")
    folder = checkout / ".venv"
    # When the environment is asked for
    status = make_env.main(["demo", str(folder)])
    # Then it fails with one line that says why, and does not pass for finished
    assert status == 1
    assert "Could not set up the environment: demo.txt: " in capsys.readouterr().err
    assert not (folder / ".installed-demo").exists()
    assert not make_env.runs(folder)


def test_a_folder_that_is_something_else_is_left_alone(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a folder of that name with somebody's things in it
    folder = checkout / ".venv"
    folder.mkdir()
    (folder / "letters.txt").write_text("dear all")
    # When the environment is asked for, then it is refused and nothing changed
    assert make_env.main(["demo", str(folder)]) == 1
    assert "is no virtual environment" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["letters.txt"]


def test_a_full_disk_is_told_before_anything_is_made(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given less space than it takes
    monkeypatch.setitem(make_env.NEEDED_MB, "demo", 10**9)
    # When the environment is asked for, then it is refused and there is none
    assert make_env.main(["demo", str(checkout / ".venv")]) == 1
    assert "MB free in" in capsys.readouterr().err
    assert not (checkout / ".venv").exists()

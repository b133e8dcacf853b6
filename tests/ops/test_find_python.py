"""The Makefile's Python: each candidate is run before it is chosen."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "find-python"
SHIM_THAT_FAILS = "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n"
WORKS = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
TOO_OLD = "#!/bin/sh\nexit 1\n"  # what the check itself answers on Python 3.11


class Machine:
    """A machine on which only the tools the script needs and chosen Pythons are found."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.home = folder / "home"
        self.bin.mkdir()
        self.home.mkdir()
        for tool in ("sh", "ls", "grep", "sort"):
            (self.bin / tool).symlink_to(str(shutil.which(tool)))

    def add(self, path: Path, script: str) -> None:
        """Put a program there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)

    def find(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script on this machine."""
        return subprocess.run(
            [SCRIPT],
            env={"PATH": str(self.bin), "HOME": str(self.home), **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def same(result: subprocess.CompletedProcess[str]) -> bool:
    return Path(result.stdout.strip()) == Path(sys.executable)


def test_a_shim_that_exists_but_fails_is_passed_over(machine: Machine) -> None:
    # Given a python3.13 that only pretends, and a python3.12 that runs
    machine.add(machine.bin / "python3.13", SHIM_THAT_FAILS)
    machine.add(machine.bin / "python3.12", WORKS)
    # When a Python is looked for
    result = machine.find()
    # Then it is the one that runs, named by its own path and not by the shim's
    assert (result.returncode, result.stderr) == (0, "")
    assert same(result)


def test_pyenv_versions_are_found_without_their_shims(machine: Machine) -> None:
    # Given only an old python3 on PATH, and pyenv's versions, the newest of them broken
    machine.add(machine.bin / "python3", TOO_OLD)
    versions = machine.home / ".pyenv" / "versions"
    machine.add(versions / "2.7.18" / "bin" / "python", TOO_OLD)
    machine.add(versions / "3.9.18" / "bin" / "python", TOO_OLD)
    machine.add(versions / "3.12.1" / "bin" / "python", WORKS)
    machine.add(versions / "3.13.0" / "bin" / "python", SHIM_THAT_FAILS)
    # When a Python is looked for, then the one that runs is found
    assert same(machine.find())


def test_uv_is_asked_last(machine: Machine, tmp_path: Path) -> None:
    # Given no Python but the one that uv knows
    known = tmp_path / "python-of-uv"
    machine.add(known, WORKS)
    machine.add(machine.bin / "uv", f"#!/bin/sh\necho {known}\n")
    # When a Python is looked for, then that one is found
    assert same(machine.find())


def test_a_named_python_goes_first_or_is_refused(machine: Machine, tmp_path: Path) -> None:
    # Given a Python that would be found, and one that is named and does not run
    machine.add(machine.bin / "python3.13", WORKS)
    named = tmp_path / "named"
    machine.add(named, TOO_OLD)
    # When a Python is looked for
    result = machine.find(PYTHON=str(named))
    # Then the named one is refused by name; no other is taken in its place
    assert (result.returncode, result.stdout) == (1, "")
    assert str(named) in result.stderr
    assert same(machine.find(PYTHON=sys.executable))


def test_no_python_at_all_says_what_to_install(machine: Machine) -> None:
    # Given nothing that runs
    machine.add(machine.bin / "python3.13", SHIM_THAT_FAILS)
    # When a Python is looked for
    result = machine.find()
    # Then it fails, and says what to do
    assert (result.returncode, result.stdout) == (1, "")
    assert "No Python 3.12 or later" in result.stderr
    assert "apt install python3" in result.stderr

"""Makes the virtual environment, and installs one locked set of requirements into it.

    python make_env.py demo|dev|production [FOLDER]

Standard library only: it runs before anything is installed. Nothing half done counts as done: an
environment that was not finished is marked so, and made anew; a set is stamped with the hash of
its requirements once all of it is installed, so that a second run has nothing to do. The sets
are locked together, so that one never changes what another has installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
UNFINISHED = ".unfinished"
NEEDED_MB = {"demo": 300, "production": 300, "dev": 1000}


class SetupError(Exception):
    """The environment could not be made; the message is one line that says why."""


def main(arguments: list[str]) -> int:
    """Make the environment that `arguments` name, and return the exit status."""
    name, *folder = arguments
    try:
        ensure(name, Path(folder[0]) if folder else ROOT / ".venv")
    except KeyboardInterrupt:
        say("\nStopped. Nothing half done is kept; run it again to start over.\n")
        return 130
    except (SetupError, OSError) as error:
        say(f"Could not set up the environment: {error}\n")
        return 1
    return 0


def ensure(name: str, folder: Path) -> None:
    """Have the set `name` installed in `folder`. Raises SetupError or OSError."""
    requirements = ROOT / "requirements" / f"{name}.txt"
    stamp = folder / f".installed-{name}"
    want = f"{hashlib.sha256(requirements.read_bytes()).hexdigest()}\n"
    if runs(folder) and stamp.exists() and stamp.read_text() == want:
        return
    free, needed = shutil.disk_usage(folder.parent).free // 2**20, NEEDED_MB[name]
    if free < needed:
        raise SetupError(f"only {free} MB free in {folder.parent}; it takes about {needed} MB.")
    make(folder)
    stamp.unlink(missing_ok=True)
    install(folder, requirements)
    stamp.write_text(want)
    (folder / UNFINISHED).unlink(missing_ok=True)


def runs(folder: Path) -> bool:
    """Say whether `folder` holds a finished environment whose Python starts and is new enough."""
    python = folder / "bin" / "python"
    if (folder / UNFINISHED).exists() or not python.exists():
        return False
    version = subprocess.run(
        [python, "-c", "import pip, sys; print(*sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    if os.environ.get("PYTHON") and version != [str(part) for part in sys.version_info[:2]]:
        return False  # somebody asked for another one
    return version[:1] == ["3"] and int(version[1]) >= 12


def make(folder: Path) -> None:
    """Make an empty environment, unless there is a good one. Raises SetupError."""
    if runs(folder):
        return
    if folder.exists():
        if not (folder / "pyvenv.cfg").exists() and any(folder.iterdir()):
            raise SetupError(f"{folder} exists and is no virtual environment; please move it away.")
        shutil.rmtree(folder)
    say(f"Making {folder.name} with Python {sys.version.split()[0]}\n")
    folder.mkdir(parents=True)
    (folder / UNFINISHED).touch()
    made = subprocess.run(
        [sys.executable, "-m", "venv", folder], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise SetupError(last_line(made.stderr or made.stdout))


def install(folder: Path, requirements: Path) -> None:
    """Install a locked set with pip, showing how far it is. Raises SetupError."""
    total = sum("==" in line for line in requirements.read_text().splitlines())
    python = folder / "bin" / "python"
    command: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--no-input",
    ]
    command += [
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        "-r",
        requirements,
    ]
    said: list[str] = []
    done = 0
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as pip:
        for line in pip.stdout or ():
            said.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied: ")):
                done += 1
                package = line.removeprefix("Requirement already satisfied: ").removeprefix(
                    "Collecting "
                )
                progress(f"Fetching {done} of {total}: {package.split('==')[0].split()[0]}")
            elif line.startswith("Installing collected packages"):
                progress("Installing")
    if pip.returncode != 0:
        errors = [line for line in said if line.startswith("ERROR:")]
        reason = (errors or said or ["pip said nothing"])[0].removeprefix("ERROR: ").strip()
        progress("")
        raise SetupError(f"{requirements.name}: {reason}")
    progress(f"Installed {total} packages ({requirements.name})")
    say("\n")


def progress(text: str) -> None:
    """Write `text` over the last line of progress; on a terminal only, but for the last word."""
    if sys.stderr.isatty():
        say(f"\r\033[K{text}")
    elif text.startswith("Installed"):
        say(text)


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(text)
    sys.stderr.flush()


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it did not say why"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

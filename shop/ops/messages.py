"""`make messages`: collect the texts to translate into locale/, and compile what is translated.

Needs GNU gettext (Debian, Ubuntu: apt install gettext; macOS: brew install gettext), which nobody
else does: the compiled files are committed. sessionsync has texts of its own, with its package.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
LANGUAGES = ("zh_Hans",)
"""English needs no file: the texts in the code are English, and two forms are all its plurals."""
NOT_OURS = ("sessionsync", "sessionsync/*", "tests/*", "benchmarks/*", "node_modules/*", ".*")
_DATE = re.compile(r'^"POT-Creation-Date: .*\n', re.MULTILINE)


def main() -> int:
    """Collect and compile; returns the exit status, 0 also where translations are missing."""
    if shutil.which("msgmerge") is None:
        sys.stderr.write("Needs GNU gettext: apt install gettext, or brew install gettext.\n")
        return 1
    import django  # here, so that who lacks gettext need not wait for it

    django.setup()
    for language in LANGUAGES:
        (ROOT / "locale" / language / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    _collect()
    for language in LANGUAGES:
        po = ROOT / "locale" / language / "LC_MESSAGES" / "django.po"
        po.write_text(_DATE.sub("", po.read_text(encoding="utf-8")), encoding="utf-8")
        _gettext("msgfmt", "--check", "-o", str(po.with_suffix(".mo")), str(po))
        missing = _gettext("msgattrib", "--untranslated", "--no-wrap", str(po))
        waiting = missing.count("\nmsgid ") - (1 if missing else 0)
        where = po.relative_to(ROOT)
        if waiting > 0:
            sys.stdout.write(f"{missing}\n{waiting} texts wait for a translation in {where}\n")
        else:
            sys.stdout.write(f"{where}: every text is translated\n")
    return 0


def _collect() -> None:
    from django.core.management import call_command
    from django.core.management.commands import makemessages

    class Collect(makemessages.Command):
        # No guesses: a text that is like an old one would get its translation, marked as fuzzy.
        # Sorted: two people's new texts then rarely touch the same lines.
        msgmerge_options = ["-q", "--backup=none", "--update", "--no-fuzzy-matching", "-s"]

    options: dict[str, Any] = {"locale": list(LANGUAGES), "ignore_patterns": list(NOT_OURS)}
    call_command(
        Collect(), no_location=True, no_wrap=True, no_obsolete=True, verbosity=0, **options
    )


def _gettext(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())

"""The files of deploy/ name what there is."""

import re
import shlex
from pathlib import Path

from django.core.management import get_commands, load_command_class

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
CRON = (DEPLOY / "galleria.cron").read_text()
UNITS = {path.name: path.read_text() for path in DEPLOY.glob("*.service")}


def understood(command: str) -> bool:
    """Whether manage.py has such a command, and it takes these arguments."""
    name, *arguments = shlex.split(command)
    app = get_commands()[name]
    assert isinstance(app, str)
    load_command_class(app, name).create_parser("manage.py", name).parse_args(arguments)
    return True


def test_cron_runs_commands_that_there_are() -> None:
    # Given the commands of the cron file, with and without arguments
    plain = re.findall(r"galleria-run@(\w+)$", CRON, re.MULTILINE)
    escaped = re.findall(r"systemd-escape '([^']+)'", CRON)
    lines = [line for line in CRON.splitlines() if re.match(r"[\d*]", line)]
    # Then there are no others, and manage.py has each of them
    assert len(plain) + len(escaped) == len(lines) >= 8
    assert all(understood(command) for command in [*plain, *escaped])


def test_units_run_commands_that_there_are() -> None:
    commands = [
        command
        for unit in UNITS.values()
        for command in re.findall(r"^ExecStart=.*manage\.py (.+)$", unit, re.MULTILINE)
        if "%I" not in command
    ]
    assert "db_worker --queue-name '*'" in commands
    assert all(understood(command) for command in commands)


def test_each_unit_is_told_of() -> None:
    told = (DEPLOY.parent / "docs" / "operations.md").read_text()
    assert all(name.removesuffix(".service").removesuffix("@") in told for name in UNITS)
    assert "galleria.cron" in told

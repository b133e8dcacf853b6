"""The servers the demo and the tests bring along: started, kept, found again, stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from shop.ops.processes import is_running, processes
from shop.ops.services import Postgres, ServiceError, Valkey, find_valkey, wheel_postgres

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey that is stopped whatever happens."""
    server = Valkey(tmp_path / "valkey")
    yield server
    server.stop()


def client(server: Valkey) -> redis.Redis:
    return redis.Redis.from_url(server.url, decode_responses=True)


def running(folder: Path) -> list[int]:
    """The ids of the servers whose socket is below `folder`."""
    return [process.pid for process in processes() if f"{folder}/" in process.command]


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)


def test_valkey_keeps_its_data_and_leaves_nothing_running(valkey: Valkey) -> None:
    # Given a server with something in it
    valkey.start()
    assert client(valkey).set("kept", "yes")
    pid = valkey.pid
    assert pid is not None
    # When it is stopped and started again
    valkey.stop()
    assert not is_running(pid)
    valkey.start()
    # Then what was in it is there, only this user may talk to it, and it has no TCP port
    assert client(valkey).get("kept") == "yes"
    assert (valkey.folder / "socket").stat().st_mode & 0o077 == 0
    assert client(valkey).config_get("port") == {"port": "0"}


def test_a_server_that_was_left_behind_is_taken_over(valkey: Valkey) -> None:
    # Given a server that an earlier run started and did not stop
    valkey.start()
    client(valkey).set("kept", "yes")
    later = Valkey(valkey.folder)
    # When the next run starts
    later.start()
    # Then it is the same server with its data, and the next run can stop it
    assert later.pid == valkey.pid
    assert client(later).get("kept") == "yes"
    later.stop()
    assert valkey.process is not None
    assert valkey.process.wait(10) == 0


def test_what_a_killed_server_leaves_is_no_obstacle(valkey: Valkey) -> None:
    # Given a server that was killed: its socket and its pid file stay
    valkey.start()
    client(valkey).set("kept", "yes")
    assert valkey.process is not None
    valkey.process.kill()
    valkey.process.wait()
    assert (valkey.folder / "valkey.pid").exists()
    # When the next run starts, then it has a new server with the data
    later = Valkey(valkey.folder)
    later.start()
    assert client(later).get("kept") == "yes"
    later.stop()


def test_a_pid_file_that_names_another_program_hurts_nobody(valkey: Valkey) -> None:
    # Given a stale pid file whose number is another program's by now
    with subprocess.Popen(["sleep", "60"]) as other:
        valkey.folder.mkdir()
        (valkey.folder / "valkey.pid").write_text(str(other.pid))
        # When the server starts
        valkey.start()
        # Then the other program is left alone
        assert other.poll() is None
        other.terminate()


def test_unreadable_data_is_set_aside(valkey: Valkey) -> None:
    # Given data that this server cannot read
    valkey.start()
    client(valkey).set("kept", "yes")
    valkey.stop()
    manifest = next((valkey.folder / "appendonlydir").glob("*.manifest"))
    manifest.write_text("what is this?\n")
    # When it starts, then it is empty and works, and the old data is still on the disk
    valkey.start()
    assert client(valkey).get("kept") is None
    assert (valkey.folder / "unreadable" / manifest.name).read_text() == "what is this?\n"


def test_a_path_too_long_for_a_socket_works(tmp_path: Path) -> None:
    # Given a folder whose path is longer than a socket's address may be
    folder = tmp_path / ("deep-" * 20) / "valkey"
    folder.parent.mkdir()
    server = Valkey(folder)
    # When the server is started, stopped and started again
    for _ in range(2):
        server.start()
        # Then it answers, at a short address
        assert client(server).ping()
        assert len(server.url) < 100
        server.stop()
    (folder / "socket").resolve().rmdir()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    # Given a program that is no Valkey
    server = Valkey(tmp_path / "valkey")
    # When it is started as one, then the message holds its last words, and nothing runs
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'cannot do that'\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(ServiceError, match="Valkey did not start: cannot do that"):
        server.start(broken)
    assert running(tmp_path) == []


def test_the_machines_server_goes_first_unless_it_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a server on PATH
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    program = tmp_path / "valkey-server"

    def install(version: str) -> None:
        program.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
        program.chmod(0o755)

    # When it is new enough, then it is chosen
    install("6.2.14")
    assert find_valkey() == program
    # When it does not know GETDEL yet, then it is not
    install("6.0.16")
    assert find_valkey() != program


def test_a_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    # Given a process that started a server
    script = (
        "import sys, time; from pathlib import Path; from shop.ops.services import Valkey;"
        "server = Valkey(Path(sys.argv[1])); server.start(); print(server.pid, flush=True);"
        "time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "valkey"], cwd=ROOT, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        # When that process is killed without a chance to clean up
        os.kill(starter.pid, signal.SIGKILL)
    # Then the server ends on Linux; elsewhere the next start takes it over
    server = Valkey(tmp_path / "valkey")
    if sys.platform == "linux":
        wait_until_gone(pid)
    server.start()
    assert client(server).ping()
    server.stop()
    assert running(tmp_path) == []


@pytest.mark.parametrize("programs", [None, wheel_postgres()], ids=["machine", "wheel"])
def test_postgres_starts_knows_letters_and_leaves_nothing(programs: Path | None) -> None:
    # Given a PostgreSQL: the machine's own where there is one, and the wheel's
    server = Postgres(programs)
    # When it is started
    server.start()
    folder = server.folder
    assert folder is not None
    try:
        with psycopg.connect(server.url) as connection:
            lower = connection.execute("SELECT lower('ÄÉ')").fetchone()
    finally:
        server.stop()
    # Then it works, upper and lower case beyond ASCII too, and nothing of it stays
    assert lower == ("äé",)
    assert not folder.exists()
    assert running(folder) == []

"""The port is probed before the server starts."""

import socket

import pytest

from shop.ops.ports import free_port, next_free_port, parse_port, port_problem


def listener(family: socket.AddressFamily, address: str) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.bind((address, 0))
    sock.listen()
    return sock


def test_a_free_port_is_no_problem() -> None:
    # Given a port that nobody has, when it is probed, then nothing is wrong with it
    assert port_problem(free_port()) is None


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, ""), (socket.AF_INET6, "::1")],
)
def test_a_taken_port_is_named(family: socket.AddressFamily, address: str) -> None:
    # Given another program on the port, on either loopback address or on all of them
    with listener(family, address) as other:
        port = other.getsockname()[1]
        # When it is probed, then it is taken, and another one is proposed
        assert port_problem(port) == f"Port {port} is taken by another program."
        assert next_free_port(port) != port
    # And it is free again once the other program has gone
    assert port_problem(port) is None


def test_a_port_that_was_bound_but_does_not_answer_is_taken() -> None:
    # Given a program that holds the port and does not listen yet
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        # When it is probed, then it is taken
        assert port_problem(port) == f"Port {port} is taken by another program."


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "eight", "80.0", "٨٠٠٠"])
def test_what_is_no_port_is_refused(text: str) -> None:
    # Given what is no port, when it is read, then the message says what one is
    with pytest.raises(ValueError, match="a number from 1 to 65535"):
        parse_port(text)


def test_ports_at_the_edges() -> None:
    # Given the lowest and the highest port, when they are read, then they are themselves
    assert [parse_port("1"), parse_port("65535")] == [1, 65535]

"""Where the machine can be reached."""

import socket

from app.serve.addresses import HOST_NAME, LAN, host_name, lan_addresses, port_is_free


def test_addresses_are_of_private_networks_and_named_once() -> None:
    found = lan_addresses()
    assert len(found) == len(set(found))
    assert all(any(address in network for network in LAN) for address in found)


def test_the_host_name_fits_a_certificate() -> None:
    assert HOST_NAME.fullmatch(host_name())


def test_a_port_is_taken_while_somebody_listens_even_one_who_shares_it() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert not port_is_free("127.0.0.1", port)
        assert not port_is_free("0.0.0.0", port)  # noqa: S104  # asked, not opened
    assert port_is_free("127.0.0.1", port)

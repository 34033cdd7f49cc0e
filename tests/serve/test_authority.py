"""The installation's own certificate authority, judged by a TLS client and not by its own code."""

import shutil
import socket
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import pytest
from cryptography import x509

from app.serve.certificates import NOTE, Certificates, Names, ensure

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.now(UTC)
SHOP = Names.of("shop", [ip_address("192.168.1.20")])


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return ensure(tmp_path / "tls", SHOP, NOW)


def leaf(certificates: Certificates) -> x509.Certificate:
    return x509.load_pem_x509_certificates(certificates.chain.read_bytes())[0]


def shake_hands(certificates: Certificates, name: str) -> None:
    """Connect as a phone that trusts the authority and nothing else, expecting *name*."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificates.chain, certificates.key)
    client = ssl.create_default_context(cafile=certificates.authority)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()
    with ours, theirs:

        def answer() -> None:
            try:
                server.wrap_socket(ours, server_side=True).close()
            except OSError:
                ours.close()

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            client.wrap_socket(theirs, server_hostname=name).close()
        finally:
            theirs.close()
            thread.join()


@pytest.mark.parametrize("name", ["192.168.1.20", "127.0.0.1", "localhost", "shop.local"])
def test_a_phone_that_trusts_the_authority_trusts_the_server(certificates: Certificates, name: str) -> None:
    shake_hands(certificates, name)


@pytest.mark.parametrize("name", ["192.168.1.21", "example.com"])
def test_it_trusts_it_under_no_other_name(certificates: Certificates, name: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(certificates, name)


def test_a_stolen_authority_fakes_no_public_site(tmp_path: Path) -> None:
    public = Names(frozenset({"bank.example.com"}), frozenset({IPv4Address("127.0.0.1")}))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shake_hands(ensure(tmp_path, public, NOW), "bank.example.com")


def test_public_addresses_are_not_vouched_for() -> None:
    assert ip_address("8.8.8.8") not in Names.of("shop", [ip_address("8.8.8.8")]).addresses


def test_no_phone_finds_the_certificate_too_long_lived(certificates: Certificates) -> None:
    issued = leaf(certificates)
    assert issued.not_valid_after_utc - issued.not_valid_before_utc <= timedelta(days=397)
    assert issued.not_valid_before_utc < NOW < issued.not_valid_after_utc


def test_keys_are_closed_to_other_users(certificates: Certificates) -> None:
    folder = certificates.key.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.glob("*.key")} == {
        "ca.key": 0o600,
        "server.key": 0o600,
    }


def test_the_same_machine_keeps_its_certificate(tmp_path: Path, certificates: Certificates) -> None:
    assert ensure(tmp_path / "tls", SHOP, NOW + timedelta(days=300)) == certificates


def test_a_new_address_gets_a_new_certificate_of_the_same_authority(tmp_path: Path, certificates: Certificates) -> None:
    moved = ensure(tmp_path / "tls", Names.of("shop", [ip_address("10.0.0.7")]), NOW)
    assert moved.serial != certificates.serial
    assert moved.fingerprint == certificates.fingerprint
    shake_hands(moved, "10.0.0.7")


def test_a_certificate_that_ends_soon_is_renewed(tmp_path: Path, certificates: Certificates) -> None:
    later = ensure(tmp_path / "tls", SHOP, NOW + timedelta(days=380))
    assert later.serial != certificates.serial
    assert later.fingerprint == certificates.fingerprint


def test_an_authority_that_ends_soon_is_replaced_with_its_certificates(
    tmp_path: Path, certificates: Certificates
) -> None:
    later = ensure(tmp_path / "tls", SHOP, NOW + timedelta(days=3640))
    assert later.fingerprint != certificates.fingerprint
    leaf(later).verify_directly_issued_by(x509.load_pem_x509_certificate(later.authority.read_bytes()))


@pytest.mark.parametrize("lost", ["ca.crt", "ca.key", "server.crt", "server.key", NOTE])
def test_a_lost_file_is_made_good(tmp_path: Path, certificates: Certificates, lost: str) -> None:
    (tmp_path / "tls" / lost).unlink()
    shake_hands(ensure(tmp_path / "tls", SHOP, NOW), "192.168.1.20")


@pytest.mark.parametrize("damaged", ["ca.crt", "server.crt", NOTE])
def test_files_of_another_installation_are_not_taken_for_ours(
    tmp_path: Path, certificates: Certificates, damaged: str
) -> None:
    ensure(tmp_path / "other", SHOP, NOW)
    shutil.copy(tmp_path / "other" / damaged, tmp_path / "tls" / damaged)
    shake_hands(ensure(tmp_path / "tls", SHOP, NOW), "192.168.1.20")


def test_a_usual_start_does_not_load_what_signs(tmp_path: Path, certificates: Certificates) -> None:
    ask = (
        "import sys; from datetime import UTC, datetime; from ipaddress import ip_address; from pathlib import Path;"
        "from app.serve.certificates import Names, ensure;"
        "print(ensure(Path(sys.argv[1]), Names.of('shop', [ip_address('192.168.1.20')])).serial,"
        " 'cryptography.x509' in sys.modules)"
    )
    command = [sys.executable, "-c", ask, str(tmp_path / "tls")]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.split() == [str(certificates.serial), "False"]


def test_the_fingerprint_is_the_one_a_phone_shows(certificates: Certificates) -> None:
    der = ssl.PEM_cert_to_DER_cert(certificates.authority.read_text())
    assert certificates.fingerprint.replace(":", "").lower() == sha256(der).hexdigest()

"""A certificate authority of this installation alone, and the server certificate it issues, kept in instance/tls/.

Law: the authority may vouch for private addresses and local names only, so that a stolen key fakes no other site; keys
are readable by their owner alone; a file is either the old or the new one, never half of it.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from app.serve.certificates import NETWORKS, Names

AUTHORITY_LIFE: Final = timedelta(days=3650)
LEAF_LIFE: Final = timedelta(days=396)  # phones refuse longer ones (Apple: 397 days)
RENEW_BEFORE: Final = timedelta(days=30)
SLOW_CLOCKS: Final = timedelta(days=1)  # a phone whose clock is behind must not see a certificate of tomorrow
DOMAINS: Final = ("localhost", "local", "lan", "home.arpa", "internal")


class Signed(Struct, frozen=True):
    """What tells a server certificate and its authority, and when to come back."""

    serial: int
    fingerprint: str
    renew_at: datetime


def sign(folder: Path, names: Names, now: datetime) -> Signed:
    """Make or renew in *folder* whatever is missing, does not fit *names* or ends soon."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _authority(folder, now)
    leaf = _find(folder / "server.crt")
    if leaf is None or not _belongs(folder / "server.key", leaf) or not _fits(leaf, authority, names, now):
        leaf = _issue_leaf(folder, authority, names, now)
    fingerprint = authority.fingerprint(SHA256()).hex(":").upper()
    return Signed(
        leaf.serial_number, fingerprint, min(leaf.not_valid_after_utc, authority.not_valid_after_utc) - RENEW_BEFORE
    )


def _authority(folder: Path, now: datetime) -> x509.Certificate:
    path = folder / "ca.crt"
    kept = _find(path)
    if kept and _belongs(folder / "ca.key", kept) and kept.not_valid_after_utc - now > RENEW_BEFORE:
        return kept
    key = ec.generate_private_key(ec.SECP256R1())
    made = _sign_authority(key, now)
    _write_key(folder / "ca.key", key)
    _write(path, made.public_bytes(Encoding.PEM), 0o644)
    return made


def _sign_authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    serial = x509.random_serial_number()
    # Two installations in one building must be told apart in a phone's list.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Zhangshi local authority {serial % 0x10000:04X}")])
    permitted: list[x509.GeneralName] = [x509.IPAddress(network) for network in NETWORKS]
    permitted += [x509.DNSName(domain) for domain in DOMAINS]
    return (
        _builder(name, name, key, now, now + AUTHORITY_LIFE, serial)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, SHA256())
    )


def _find(path: Path) -> x509.Certificate | None:
    return x509.load_pem_x509_certificates(path.read_bytes())[0] if path.exists() else None


def _belongs(key: Path, certificate: x509.Certificate) -> bool:
    return key.exists() and _read_key(key).public_key() == certificate.public_key()


def _fits(leaf: x509.Certificate, authority: x509.Certificate, names: Names, now: datetime) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001  # whatever is wrong with it, it is not ours
        return False
    covered = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        leaf.not_valid_after_utc - now > RENEW_BEFORE
        and names.hosts <= set(covered.get_values_for_type(x509.DNSName))
        and names.addresses <= set(covered.get_values_for_type(x509.IPAddress))
    )


def _issue_leaf(folder: Path, authority: x509.Certificate, names: Names, now: datetime) -> x509.Certificate:
    signer = _read_key(folder / "ca.key")
    # The key stays when the certificate is renewed: one file changes, so no reader sees a pair that does not fit.
    key = (
        _read_key(folder / "server.key")
        if (folder / "server.key").exists()
        else ec.generate_private_key(ec.SECP256R1())
    )
    covered: list[x509.GeneralName] = [x509.DNSName(host) for host in sorted(names.hosts)]
    covered += [x509.IPAddress(address) for address in sorted(names.addresses, key=str)]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Zhangshi")])
    end = min(now + LEAF_LIFE - SLOW_CLOCKS, authority.not_valid_after_utc)
    leaf = (
        _builder(subject, authority.subject, key, now, end, x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(covered), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, SHA256())
    )
    _write_key(folder / "server.key", key)
    _write(folder / "server.crt", leaf.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM), 0o644)
    return leaf


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, end: datetime, serial: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - SLOW_CLOCKS)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds no elliptic-curve key")
    return key


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)


def _write(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    fresh.replace(path)

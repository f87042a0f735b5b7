"""
Time stamps: an authority's word that a checkpoint existed by a time, as RFC 3161 has it.

What is stamped is the checkpoint's signed text, so that cosignatures that come later change nothing. A stamp proves an
upper bound of the time, and only to those who believe the authority's root. The network is not here (newsroom/stamping.py).
Flaws: docs/spec/log.md.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import re

from collections.abc import Iterator, Sequence
from typing import Final

from cryptography import x509
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerificationError, VerifierBuilder
from rfc3161_client import decode_timestamp_response as decode
from rfc3161_client.tsp import TimeStampRequest, TimeStampResponse

from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError, TrustError


MAX_RESPONSE: Final = 1 << 20
REQUEST_TYPE: Final = "application/timestamp-query"
RESPONSE_TYPE: Final = "application/timestamp-reply"
NAME: Final = re.compile(r"stamps/[0-9a-f]{32}/[a-z0-9-]{1,40}\.tsr(\.[1-9][0-9]{0,3})?", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """
    What an authority says.

    Attributes:
        time: Seconds since 1970 by its clock: what is stamped existed then.

        authority: Its name, as its certificate has it.

        until: Seconds since 1970 when the certificate ends that signed it; a newer stamp must stand above it by then.
    """

    time: int
    authority: str
    until: int


def stamped(raw: bytes) -> bytes:
    """Give the bytes of a checkpoint that are stamped: its text without signatures."""
    return note.read(raw).text.encode()


def ask(data: bytes) -> bytes:
    """Write a request (RFC 3161, 2.4.1) for *data*, hashed by SHA-256, with a nonce and the wish for certificates."""
    return _request(data).as_bytes()


def verify(response: bytes, data: bytes, roots: Sequence[x509.Certificate], nonce: int | None = None) -> Stamp:
    """
    Check a response (RFC 3161, 2.4.2) over *data* up to one of *roots*.

    The certificates must have been valid when the stamp was made, not now: a stamp outlives its authority.

    Raises:
        FormatError: ``stamp``: it is no response, or grants nothing.
        TrustError: ``stamp-false``: it is of other bytes, or none of *roots* stands behind it.
    """
    answer = _decode(response)
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    if nonce is not None:
        builder = builder.nonce(nonce)
    try:
        with _caught():
            builder.build().verify_message(answer, data)
            signer = _signer(answer)
    except (VerificationError, ValueError) as error:
        raise TrustError(
            "stamp-false",
            f"the time stamp does not hold: {error}",
            mend="Do not count it; ask the authority for its certificates, or stamp anew.",
            evidence=response,
        ) from error
    return Stamp(
        time=int(answer.tst_info.gen_time.timestamp()),
        authority=signer.subject.rfc4514_string(),
        until=int(signer.not_valid_after_utc.timestamp()),
    )


def until(response: bytes) -> int:
    """Say when the certificate of a stamp ends, in seconds since 1970; 0 where it cannot be read."""
    try:
        with _caught():
            return int(_signer(_decode(response)).not_valid_after_utc.timestamp())
    except (FormatError, VerificationError, ValueError):
        return 0


def read_roots(raw: bytes) -> list[x509.Certificate]:
    """
    Read the certificates of a PEM file.

    Raises:
        FormatError: ``stamp-roots``.
    """
    try:
        return x509.load_pem_x509_certificates(raw)
    except ValueError as error:
        raise FormatError(
            "stamp-roots", "these are no certificates", mend="Give the authority's root certificates as PEM."
        ) from error


def name(raw: bytes, authority: str) -> str:
    """Name the file of a checkpoint's stamp by an authority, within the published log."""
    return f"stamps/{hashlib.sha256(stamped(raw)).hexdigest()[:32]}/{authority}.tsr"


def _request(data: bytes) -> TimeStampRequest:
    builder = TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256, nonce=True, cert_req=True)
    return builder.build()


def _decode(response: bytes) -> TimeStampResponse:
    if len(response) > MAX_RESPONSE:
        raise _flaw("it is too long")
    try:
        with _caught():
            answer = decode(response)
        if answer.status not in {0, 1}:
            raise _flaw(f"the authority refused: {' '.join(answer.status_string)[:200]}")
        _ = answer.tst_info
    except ValueError as error:
        raise _flaw(str(error)) from error
    return answer


def _signer(answer: TimeStampResponse) -> x509.Certificate:
    """Find the certificate that signed, among those in the response; which it is stands under the signature."""
    (signed,) = answer.signed_data.signer_infos
    try:
        there = [x509.load_der_x509_certificate(raw) for raw in answer.signed_data.certificates]
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from error
    found = [one for one in there if (one.issuer, one.serial_number) == (signed.issuer, signed.serial_number)]
    if len(found) != 1:
        # Where two claim to be it, one of them is false, and whose name and end would be shown is chance.
        msg = f"{len(found)} certificates in it claim to have signed"
        raise VerificationError(msg)
    return found[0]


@contextlib.contextmanager
def _caught() -> Iterator[None]:
    """Turn a panic of the library into a flaw: it gives up on some broken names and certificates in a way that ends programs."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, KeyError) and type(error).__name__ != "PanicException":
            raise
        raise _flaw("a certificate in it or above it is broken") from error


def _flaw(what: str) -> FormatError:
    return FormatError("stamp", f"this is no time stamp: {what}", mend="Ask the authority again.")

"""Time stamps hold up to the root that is named, and whatever is broken in one is a fault with a name."""

from __future__ import annotations

import pytest

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tamizdat.primitives.errors import TamizdatError
from tamizdat.record import stamp
from tools.vectors import authority


NOW = 1_795_651_200
SUNDIAL = authority.make("Sundial", NOW, 30)
OTHER = authority.make("Sundial", NOW, 30, root="other")
RESPONSE = SUNDIAL.stamp(b"a state of the record", NOW + 60)
DER = SUNDIAL.root.public_bytes(Encoding.DER)


def outcome(response: bytes = RESPONSE, data: bytes = b"a state of the record", root: x509.Certificate = SUNDIAL.root):
    try:
        return stamp.verify(response, data, [root]).time
    except TamizdatError as error:
        return error.code


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, NOW + 60),
        ({"data": b"another"}, "stamp-false"),
        ({"root": OTHER.root}, "stamp-false"),
        ({"response": RESPONSE[:-1]}, "stamp"),
        ({"response": SUNDIAL.stamp(b"a state of the record", NOW + 31 * 86_400)}, "stamp-false"),
        # The library gives up on this one in a way that would end the program.
        ({"root": x509.load_der_x509_certificate(DER.replace(b"Sundial root", b"Sundial \xff\xff\xff\xff"))}, "stamp"),
    ],
)
def test_a_stamp_is_true_or_is_refused_by_name(given, expected):
    assert outcome(**given) == expected


def test_it_outlives_its_authority_and_says_until_when_it_is_safe():
    told = stamp.verify(RESPONSE, b"a state of the record", [SUNDIAL.root])
    assert (told.authority, told.until) == ("CN=Sundial", NOW + 30 * 86_400)


def test_a_name_in_letters_of_no_known_kind_is_a_flaw_and_not_a_fault_of_the_program():
    """The library has a table of the kinds, and looks no further. Found by fuzz/log.py."""
    at = RESPONSE.rindex(b"Sundial root")
    bent = RESPONSE[: at - 2] + b"\x57" + RESPONSE[at - 1 :]

    assert outcome(bent) in {"stamp", "stamp-false"}
    assert stamp.until(bent) == 0

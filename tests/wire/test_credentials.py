"""Content credentials: what was done is signed into the picture, and nothing of the original is."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest

from cryptography import x509
from PIL import Image

from tamizdat.primitives.errors import FormatError
from tamizdat.wire import credentials


NOW = int(time.time())  # the library that signs looks at no other clock


@pytest.fixture(scope="module")
def chain():
    return credentials.make_chain("Our Newsroom", NOW)


@pytest.fixture(scope="module")
def jpeg():
    pixels = np.random.default_rng(1).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "JPEG")
    return sink.getvalue()


def test_a_signed_picture_says_what_was_hidden_and_is_trusted_by_who_has_the_root(chain, jpeg):
    made = credentials.sign(
        jpeg,
        chain,
        title="a.jpg",
        hidden=[(8, 16, 32, 64)],
        crop=(0, 0, 320, 240),
        redaction={"root": "r", "proof": "p"},
    )
    assert [credentials.read(made, roots).state for roots in ([chain.root], [], [_other()])] == [
        "Trusted",
        "Valid",
        "Valid",
    ]
    found = credentials.read(made, [chain.root])
    assert found.issuer == "Our Newsroom"
    assert [action["action"] for action in found.actions] == ["c2pa.opened", "c2pa.cropped", "c2pa.edited"]
    assert found.actions[2]["reason"] == "c2pa.PII.present"
    shape = found.actions[2]["changes"][0]["region"][0]["shape"]
    assert (shape["origin"], shape["width"], shape["height"]) == ({"x": 8, "y": 16}, 32, 64)
    assert found.redaction == {"root": "r", "proof": "p"}
    with Image.open(io.BytesIO(jpeg)) as before, Image.open(io.BytesIO(made)) as after:
        assert before.tobytes() == after.tobytes()


def test_no_picture_and_no_key_is_in_what_was_signed(chain, jpeg):
    made = credentials.sign(jpeg, chain, title="a.jpg")
    assert made.count(b"\xff\xd8\xff") == 1
    assert chain.key.strip().splitlines()[1] not in made
    assert chain.key.decode() not in repr(chain)


def test_an_altered_picture_is_invalid_and_an_unsigned_one_has_none(chain, jpeg):
    made = bytearray(credentials.sign(jpeg, chain, title="a.jpg"))
    made[-500] ^= 1
    assert credentials.read(bytes(made), [chain.root]).state == "Invalid"
    for none in (jpeg, b"", bytes(made[:1000])):
        with pytest.raises(FormatError) as caught:
            credentials.read(none)
        assert caught.value.code == "credentials"


def test_the_chain_is_one_that_signs_claims_and_nothing_else(chain):
    leaf, root = x509.load_pem_x509_certificates(chain.certificates)
    leaf.verify_directly_issued_by(root)
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert credentials.CLAIM_SIGNING in usage
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_what_was_signed_can_be_signed_anew(chain, jpeg):
    """A picture is given back as it was, with no second set of credentials in it; a PNG likewise."""
    sink = io.BytesIO()
    Image.new("RGB", (40, 30), "blue").save(sink, "PNG")
    for picture in (jpeg, sink.getvalue()):
        made = credentials.sign(picture, chain, title="a", redaction={"proof": "p" * 100_000})
        assert credentials.strip(made) == picture
        assert credentials.read(made, [chain.root]).state == "Trusted"


def _other():
    return credentials.make_chain("Another", NOW).root

"""Write the vectors of docs/spec/log.md."""

from __future__ import annotations

import sys

from pathlib import Path

from tamizdat.primitives import merkle, note
from tamizdat.primitives.note import Cosigner
from tamizdat.record import checkpoint, evidence, policy, witness
from tamizdat.record.checkpoint import Checkpoint


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors


LOG = note.Signer(name="news.example/record", seed=b"\x01" * 32)
OLD = Cosigner(name="other.example/w", kind=note.COSIGNATURE, seed=b"\x02" * 32).verifier
NEW = Cosigner(name="other.example/w", kind=note.MLDSA44, seed=b"\x03" * 32).verifier


def main() -> None:
    """Write all vectors."""
    rules = policy.one_of([LOG.verifier], [OLD, NEW], 2)
    vectors.write("log", "policy-whole", "whole", "one witness with both kinds of key", rules)
    vectors.write("log", "policy-none", "whole", "nobody has to sign", b"# nobody\nquorum none\n")
    vectors.write("log", "policy-torn", "policy", "the last newline is gone", rules[:-1])
    vectors.write("log", "policy-quorum", "policy", "no quorum line", rules[: rules.rindex(b"quorum")])
    vectors.write("log", "policy-count", "policy", "three of two members", rules.replace(b"outside 2", b"outside 3"))
    vectors.write("log", "policy-return", "policy", "lines end as in DOS", rules.replace(b"\n", b"\r\n"))
    heads = [checkpoint.sign(Checkpoint(origin=LOG.name, size=2, root=bytes([byte]) * 32), LOG) for byte in (1, 2)]
    first = checkpoint.sign(Checkpoint(origin=LOG.name, size=0, root=merkle.EMPTY), LOG)
    request = witness.write_request(witness.Request(old=1, proof=(b"\x07" * 32,), raw=heads[0]))
    vectors.write("log", "request-whole", "whole", "from one entry to two", request)
    vectors.write(
        "log", "request-zero", "witness-request", "a zero before the size", request.replace(b"old 1", b"old 01")
    )
    vectors.write("log", "request-blank", "witness-request", "no empty line", request.replace(b"\n\n", b"\n"))
    vectors.write("log", "request-hash", "witness-request", "a hash of 31 bytes", request.replace(b"Bwc=", b"Bw=="))
    vectors.write("log", "evidence-whole", "whole", "two states of one size", evidence.write(*heads))
    vectors.write("log", "evidence-sizes", "whole", "two sizes: no proof by itself", evidence.write(heads[0], first))
    vectors.write("log", "evidence-one", "evidence", "one checkpoint", heads[0])
    vectors.write("log", "stamp-text", "stamp", "words in place of DER", b"not a time stamp\n")
    vectors.write("log", "stamp-refused", "stamp", "the authority refuses (status 2)", bytes.fromhex("30053003020102"))


main()

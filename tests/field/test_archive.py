"""Tar archives of any dialect are read with care, and ours have one spelling."""

from __future__ import annotations

import io
import tarfile

import pytest

from tamizdat.field import archive, ustar
from tamizdat.primitives.errors import FormatError


def tar(form: int, *members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=form) as out:
        for info, data in members:
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return sink.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def taken(raw: bytes) -> list[tuple[bytes, bytes, str]]:
    return [(m.name, m.stream.read(), m.fault.code if m.fault else "") for m in archive.read_members(io.BytesIO(raw))]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_files_of_every_dialect_come_with_their_names(form: int) -> None:
    """Long names and names beyond ASCII come as raw bytes; a folder is passed over."""
    long = "folder/" * 20 + "şəkil.jpg"
    raw = tar(form, (member("d", tarfile.DIRTYPE), b""), (member(long), b"x" * 600), (member("./b"), b""))

    assert taken(raw) == [(long.encode(), b"x" * 600, ""), (b"./b", b"", "")]


def test_hostile_members_are_refused_one_by_one() -> None:
    """A path that leads out, a link, a device: each has its fault, and the picture after them is read."""
    raw = tar(
        tarfile.PAX_FORMAT,
        (member("../../etc/passwd"), b"x"),
        (member("/abs"), b"y"),
        (member("l", tarfile.SYMTYPE, "/etc/passwd"), b""),
        (member("h", tarfile.LNKTYPE, "good.jpg"), b""),
        (member("dev", tarfile.CHRTYPE), b""),
        (member("good.jpg"), b"picture"),
    )

    assert taken(raw) == [
        (b"../../etc/passwd", b"", "tar-path"),
        (b"/abs", b"", "tar-path"),
        (b"l", b"", "tar-kind"),
        (b"h", b"", "tar-kind"),
        (b"dev", b"", "tar-kind"),
        (b"good.jpg", b"picture", ""),
    ]


def test_bytes_hidden_after_the_end_are_told() -> None:
    """A second archive behind the first is not passed over in silence."""
    raw = tar(tarfile.USTAR_FORMAT, (member("a"), b"1"))

    assert taken(raw + raw) == [(b"a", b"1", ""), (b"", b"", "tar-trailing")]


def test_what_a_visitor_does_not_read_is_passed_over() -> None:
    """The next member is found whether the last one's bytes were read, half read, or its stream closed."""
    raw = tar(tarfile.GNU_FORMAT, (member("a"), b"1" * 5000), (member("b"), b"2" * 5000), (member("c"), b"3"))
    names = []

    for one in archive.read_members(io.BytesIO(raw)):
        names.append(one.name)
        one.stream.read(7)
        one.stream.close()

    assert names == [b"a", b"b", b"c"]


def test_long_headers_are_bounded() -> None:
    """A pax header of a gigabyte is refused before it is read."""
    raw = ustar.spell("x", b"x", 1 << 30, 0) + bytes(4096)

    with pytest.raises(FormatError) as caught:
        taken(raw)

    assert caught.value.code == "tar-header"


@pytest.mark.parametrize("record", [b"9 path\n", b"99 path=a\n", b"0 a=b\n", b"x", b"12 size=1e9\n\n", b"11 size=-5\n"])
def test_broken_pax_records_are_refused(record: bytes) -> None:
    """A record that does not keep to "length key=value" ends the reading with one error."""
    raw = ustar.spell("x", b"x", len(record), 0) + record.ljust(512, b"\0") + ustar.spell("a", b"0", 0, 0) + bytes(1024)

    with pytest.raises(FormatError):
        taken(raw)


def test_a_size_of_8_gib_has_a_pax_header_that_others_read() -> None:
    """Python's tarfile reads the size of what is too large for eleven octal digits."""
    raw = ustar.write("dossier/data/000001.mp4", 1 << 33, 7)

    with tarfile.open(fileobj=io.BytesIO(raw), mode="r|") as there:
        info = there.next()
        assert info is not None
        assert (info.name, info.size, info.mtime, info.mode) == ("dossier/data/000001.mp4", 1 << 33, 7, 0o600)
    one = next(archive.read_own(io.BytesIO(raw)))
    assert (one.name, one.size) == (b"dossier/data/000001.mp4", 1 << 33)


def test_a_stream_that_gives_its_bytes_in_pieces_is_read_all_the_same() -> None:
    """A pipe gives what it has."""

    class Drops(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 7))

    raw = tar(tarfile.PAX_FORMAT, (member("é"), b"12345678" * 200))

    (one,) = list(archive.read_members(Drops(raw)))

    assert one.name == "é".encode()


def test_the_writer_keeps_to_the_size_it_promised() -> None:
    """More or fewer bytes than a header said are our own mistake, and loud."""
    out = archive.TarWriter(io.BytesIO(), 0)
    out.begin("a", 2)

    with pytest.raises(ValueError, match="longer"):
        out.write(b"123")
    with pytest.raises(ValueError, match="shorter"):
        out.end()

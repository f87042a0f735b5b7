"""Parts straight to their media: full ones, false ones, ones pulled out, and the process killed in the middle."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys

from collections.abc import Iterator
from pathlib import Path

import pytest

from tamizdat.carry import readback
from tests.children import ended
from tests.scripts import house
from tests.scripts.house import Room, run


FILE = random.Random(5).randbytes(3_000_000)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return house.make(tmp_path_factory.mktemp("media") / "room")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(FILE)
    return path


@pytest.fixture
def media(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / name for name in ("A", "B", "C")]
    for folder in folders:
        folder.mkdir()
    return folders


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A medium of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("missing: the right to mount a small medium (root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def to(*folders: Path) -> list[str]:
    return [word for folder in folders for word in ("--to", str(folder))]


def files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.iterdir())


def test_each_part_goes_to_its_medium_and_is_called_safe_there(room: Room, film: Path, media: list[Path]) -> None:
    """Five parts over three media in turn; nothing else is made; what one lost medium would mean is said."""
    done = room.seal(film, *to(*media), "--parts", 5, "--need", 3)

    assert done.status == 0, done.err
    assert [len(files(folder)) for folder in media] == [2, 2, 1]
    assert sorted(done.out.splitlines()) == sorted(map(str, files(*media)))
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files(*media))
    assert "2 to " in done.err
    assert done.err.splitlines()[-1].startswith("tamizdat: safe: 5 parts on ")
    assert "if one medium is lost" not in done.err
    assert run("check", *media[:2]).status == 0
    few = room.seal(film, *to(*media[:2]), "--parts", 4, "--need", 3)
    assert "if one medium is lost" in few.err


def test_whole_files_go_to_each_medium(room: Room, film: Path, media: list[Path]) -> None:
    done = room.seal(film, *to(*media[:2]), "--whole")

    assert done.status == 0, done.err
    one, other = files(*media[:2])
    assert one.read_bytes() == other.read_bytes()


def test_many_small_files_for_each_medium(room: Room, film: Path, media: list[Path]) -> None:
    """Volumes are brought to the medium while the next are made; each has its carrier's parts."""
    done = room.seal(film, *to(*media), "--parts", 3, "--need", 2, "--part-size", "100KB")

    assert done.status == 0, done.err
    assert len({len(files(folder)) for folder in media}) == 1
    assert len(files(media[0])) > 10
    assert run("check", *media[1:]).status == 0


def test_a_full_medium_is_named_and_the_others_are_finished(
    room: Room, film: Path, media: list[Path], small: Path
) -> None:
    """Status 7 where what is safe is enough, 5 where it is not; nothing half written stays on the full one."""
    enough = room.seal(film, *to(*media[:2], small), "--parts", 3, "--need", 2)

    told = house.refused(enough, 7, "media-some-failed")
    assert f"NOT safe: {small}: No space left" in told
    assert "2 parts" in told.splitlines()[-1]
    assert not files(small)
    assert sorted(enough.out.splitlines()) == sorted(map(str, files(*media)))
    assert run("check", *media[:2]).status == 0

    short = room.seal(film, *to(media[2], small), "--parts", 2, "--need", 2)

    told = house.refused(short, 5, "media-short")
    assert "1 part of the 2 that are needed" in told
    assert not files(small)
    assert len(files(media[2])) == 1


def test_media_that_all_fail_end_the_work(room: Room, film: Path, small: Path) -> None:
    done = room.seal(film, *to(small), "--parts", 2, "--need", 2)

    house.refused(done, 5, "media-failed")
    assert not files(small)


def test_what_is_not_there_is_refused_before_anything_is_made(room: Room, film: Path, media: list[Path]) -> None:
    """A folder that is made where no stick is mounted would be on this machine's own disk."""
    gone = media[0].parent / "gone"

    house.refused(room.seal(film, *to(media[0], gone)), 2, "media-missing")
    house.refused(room.seal(film, *to(media[0], media[0])), 2, "media-twice")
    house.refused(room.seal(film, *to(*media), "--parts", 2, "--need", 2), 2, "seal-counts")

    assert not files(*media)
    assert not gone.exists()


# Some media fail only when they are asked again, or lie: what the system's calls would give is given here.
PULLED = """
import os
real = os.fsync
def fsync(descriptor):
    if "/B/" in os.readlink(f"/proc/self/fd/{descriptor}"):
        raise OSError(5, "Input/output error")
    return real(descriptor)
os.fsync = fsync
"""
FALSE = """
from tamizdat.adapters.medium import NewFile
real = NewFile.settle
def settle(self):
    real(self)
    if "/B/" in str(self.path):
        with self.path.open("r+b") as stream:  # as a stick that is smaller than it says: its end lies over its beginning
            stream.seek(4096 * 200)
            packet = stream.read(4096)
            stream.seek(4096 * 3)
            stream.write(packet)
NewFile.settle = settle
"""


@pytest.mark.parametrize(("preamble", "told"), [(PULLED, "Input/output error"), (FALSE, "not what was written")])
def test_a_medium_that_does_not_keep_what_it_takes_is_not_called_safe(
    room: Room, film: Path, media: list[Path], preamble: str, told: str
) -> None:
    """Pulled out before the flush; or whole packets come back, but from the wrong place."""
    words = [film, "--for", room.card, "--card-words", room.words, "--parts", 3, "--need", 2]

    done = house.process("seal", *words, *to(*media), preamble=preamble)

    said = done.stderr.decode()
    assert done.returncode == 7, said
    assert f"NOT safe: {media[1]}: " in said
    assert told in said
    assert not files(media[1])
    into = house.process("seal", *words, "-o", film.parent / "B" / "out", preamble=preamble)
    assert into.returncode == 5
    assert not files(media[1])


STUCK = """
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have shut it off
from tamizdat.adapters.medium import NewFile
real = NewFile.{moment}
def slowly(self, *data):
    done = real(self, *data)
    if self.length > 500_000:
        os.write({pipe}, b"%d " % os.getpid())
        while True:  # a signal that comes just before one sleep is heard after it
            time.sleep(1)
    return done
NewFile.{moment} = slowly
from tamizdat.cli.main import main
import sys
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("whom", ["parent", "child", "both", "interrupt"])
@pytest.mark.parametrize("moment", ["write", "settle"])
def test_a_killed_seal_leaves_no_half_part_that_seems_whole(
    room: Room, film: Path, media: list[Path], whom: str, moment: str
) -> None:
    """Where one process is left it clears up; where none is, what lies there is known for what it is, and named."""
    reading, writing = os.pipe()
    words = ["seal", film, "--for", room.card, "--card-words", room.words, "--parts", 3, "--need", 2, *to(*media)]
    script = STUCK.format(moment=moment, pipe=writing)
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)],
        pass_fds=[writing],
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as seal:
        os.close(writing)
        try:
            child = int(os.read(reading, 100).split()[0])
            assert child != seal.pid
            end(seal.pid, child, whom)
        except BaseException:
            os.killpg(seal.pid, signal.SIGKILL)
            raise
    ended(reading)

    assert seal.returncode == {"child": 5, "interrupt": 130}.get(whom, -signal.SIGKILL)
    if whom != "both":
        assert not files(*media)
        return
    left = files(*media)
    half = [path for path in left if is_broken(path)]
    assert len(left) == 3
    assert len(half) == (1 if moment == "write" else 0)  # the others are empty; or all are whole
    again = room.seal(film, *to(*media), "--parts", 3, "--need", 2)
    assert again.status == 0, again.err
    assert all(f"{path} is what a stopped run left" in again.err for path in half)
    assert again.err.count("stopped run left") == len(half)


def is_broken(path: Path) -> bool:
    with path.open("rb", buffering=0) as stream:
        return readback.broken(stream)


def end(parent: int, child: int, whom: str) -> None:
    if whom == "interrupt":
        os.killpg(parent, signal.SIGINT)
        return
    if whom == "both":  # the parent stands still, so that it does not hear of its child's end
        os.kill(parent, signal.SIGSTOP)
    if whom in {"child", "both"}:
        os.kill(child, signal.SIGKILL)
    if whom in {"parent", "both"}:
        os.kill(parent, signal.SIGKILL)


def test_two_seals_into_one_folder_both_work(room: Room, film: Path, tmp_path: Path) -> None:
    """Neither takes the other's unfinished files for those of a dead run, whether the folder is there before or not."""
    words = ["seal", film, "--for", room.card, "--card-words", room.words, "--parts", 3, "--need", 2]
    (tmp_path / "there").mkdir()
    for name in ("there", "fresh"):
        command = [sys.executable, "-m", "tamizdat.cli.main", *map(str, words), "-o", str(tmp_path / name)]
        both = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
        told = [one.communicate()[1] for one in both]

        assert [one.returncode for one in both] == [0, 0], told
        assert len(files(tmp_path / name)) == 6
        assert not list(tmp_path.glob(".*"))

"""
Where what was sealed goes: into a folder, or straight to several media; and what is said of it at the end.

It does NOT write: cli/writing.py does, in a process of its own where that can be.
"""

from __future__ import annotations

import contextlib
import os

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from tamizdat.adapters import disk, medium, relay
from tamizdat.adapters.stage import Stage
from tamizdat.carry import readback
from tamizdat.cli.console import Console, shown
from tamizdat.cli.phrases import amount, counted, joined
from tamizdat.cli.writing import Cut, Writing, Written
from tamizdat.primitives.errors import AdapterError, LeftOutError, UsageError
from tamizdat.primitives.ports import Entropy


_MOST_LOOKED_AT = 1000


class Output:
    """
    The parts on their way: all of them stay, or none does.

    Args:
        cut: How to cut.
        folder: Where they go; made where it is not there.
        check: Read back what was written.
    """

    strict = True

    def __init__(self, cut: Cut, folder: Path, entropy: Entropy, *, check: bool) -> None:
        self._folder = folder
        self._cut = cut
        self._check = check
        with disk.failing(folder):
            self._stage = Stage(folder, entropy)
        self._written: list[Written] = []
        self._begin([self._stage.path])

    def _begin(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._settled = False
        self.sink = relay.start(Writing(self._cut, folders, strict=self.strict, check=self._check))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._settled:
            self.sink.abandon()
            self._clear()

    def settle(self, progress: Callable[[int], None]) -> None:
        """
        Bring every part to its medium, have it read back, and only then give the parts their places.

        Raises:
            AdapterError: A disk failed, or does not give back what was written.
        """
        told = self.sink.finish(progress)
        self._written = sorted((Written(*one) for one in told["written"]), key=lambda one: (one.index, one.volume))
        self._arrive(dict(told["faults"]))
        self._settled = True

    @property
    def enough(self) -> bool:
        """Whether what is there gives the dossier back."""
        return self._settled

    def give(self, console: Console) -> None:
        """Give the paths of the parts."""
        for one in self._written:
            console.product(str(self._path(one)))

    def tell(self, console: Console) -> None:
        """Say what to do with the parts."""
        cut = self._cut
        if not cut.packet:
            console.say("sealed into one file; only the newsroom can open it")
        elif not any(one.volume for one in self._written):
            count = counted(cut.total, "part")
            console.say(f"sealed into {count}; any {cut.need} of them are enough. Send each by another way.")
        else:
            for index in range(cut.total):
                names = [self._path(one).name for one in self._written if one.index == index]
                console.say(f"way {index + 1}: " + " ".join(names))
            files = counted(len(self._written), "file")
            console.say(f"sealed into {files} for {cut.total} ways; what goes by any {cut.need} of the ways is enough.")

    def _arrive(self, faults: dict[int, str]) -> None:
        del faults  # the first would have ended the work
        with disk.failing(self._folder):
            self._stage.settle([self._path(one).name for one in self._written])

    def _path(self, one: Written) -> Path:
        return self._folder / self._cut.name(one.index, one.volume)

    def _clear(self) -> None:
        self._stage.remove()


class Media(Output):
    """
    Parts straight onto media, each its own: what fails is given up, the others are finished.

    Args:
        folders: Where each medium is mounted, or a folder on it.
        size: About how many bytes all parts together will have.
    """

    strict = False

    def __init__(self, cut: Cut, folders: Sequence[Path], console: Console, *, check: bool, size: int) -> None:
        self._cut = cut
        self._check = check
        self._written = []
        self._faults: dict[int, str] = {}
        self._safe: set[int] = set()
        _demand(folders)
        self._forewarn(folders, console, size)
        self._begin(folders)

    @property
    def enough(self) -> bool:
        """Whether what is safe gives the dossier back."""
        return len(self._safe) >= self._cut.need

    def tell(self, console: Console) -> None:
        """
        Say which media are safe, and whether they are enough.

        Raises:
            LeftOutError: Some failed, but what is safe is enough.
            AdapterError: What is safe is not enough.
        """
        cut, word = self._cut, "safe" if self._check else "written, but not read back"
        for number, folder in enumerate(self._folders):
            count = len({one.index for one in self._written if one.place == number})
            if number in self._faults:
                console.warn(f"NOT safe: {shown(str(folder))}: {self._faults[number]}")
            else:
                what = counted(count, "part") if cut.packet else "the sealed file"
                console.say(f"{word}: {shown(str(folder))}: {what}")
        safe = [shown(str(folder)) for number, folder in enumerate(self._folders) if number not in self._faults]
        lost = [shown(str(self._folders[number])) for number in sorted(self._faults)]
        kind = "part" if cut.packet else "sealed file"
        where = f"{word}: {counted(len(self._safe), kind)} on {joined(safe)}; any {cut.need} {'is' if cut.need == 1 else 'are'} enough"
        if not lost:
            console.say(where)
        elif self.enough:
            raise LeftOutError(
                "media-some-failed",
                f"{joined(lost)} failed",
                mend=f"Go on with what is there. {where[0].upper()}{where[1:]}.",
            )
        else:
            raise AdapterError(
                "media-short",
                f"{joined(lost)} failed, and what is {word} is not enough: {counted(len(self._safe), 'part')} of the "
                f"{cut.need} that are needed" + (f", on {joined(safe)}" if safe else ""),
                mend="Seal again, to other media; these parts do not go with new ones.",
            )

    def _arrive(self, faults: dict[int, str]) -> None:
        self._faults = {int(number): fault for number, fault in faults.items()}
        volumes = 1 + max((one.volume for one in self._written), default=0)
        indexes = [one.index for one in self._written]
        self._safe = {index for index in set(indexes) if indexes.count(index) == volumes}

    def _path(self, one: Written) -> Path:
        return self._folders[one.place] / self._cut.name(one.index, one.volume)

    def _clear(self) -> None:
        """Take away what a killed child left; one that ended cleared up by itself."""
        for index in range(self._cut.total):
            volume = 0
            while (path := self._path(Written(index, volume, index % len(self._folders)))).exists():
                with contextlib.suppress(OSError):
                    path.unlink()
                volume += 1
                if path.exists():
                    break

    def _forewarn(self, folders: Sequence[Path], console: Console, size: int) -> None:
        """Say how the parts are spread, and what is already seen to be wrong with that."""
        cut = self._cut
        spread = [len(range(number, cut.total, len(folders))) for number in range(len(folders))]
        if cut.packet:
            told = (f"{count} to {shown(str(folder))}" for count, folder in zip(spread, folders, strict=True))
            console.say(f"{counted(cut.total, 'part')}, any {cut.need} are enough: {joined(told)}")
            if cut.total - max(spread) < cut.need and len(folders) > 1:
                console.warn("if one medium is lost, the others may not be enough: take more media, or more parts")
        devices = [folder.stat().st_dev for folder in folders]
        for number, folder in enumerate(folders):
            if devices[number] in devices[:number]:
                other = shown(str(folders[devices.index(devices[number])]))
                console.warn(f"{shown(str(folder))} and {other} are on one and the same medium")
            free, needed = _free(folder), size * spread[number] // cut.total
            if free < needed:
                console.warn(f"{shown(str(folder))} has room for {amount(free)}, but {amount(needed)} are to come")
            for left in _unfinished(folder):
                console.warn(f"{shown(str(left))} is what a stopped run left: it is no whole part; remove it")


def _demand(folders: Sequence[Path]) -> None:
    """Refuse what is not there: a folder that is made where no stick is mounted would be on this machine's own disk."""
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(
                "media-missing", f"{shown(str(folder))} is not there", mend="Put the medium in, and give its folder."
            )
    if len({os.path.realpath(folder) for folder in folders}) != len(folders):
        raise UsageError("media-twice", "one folder was named twice", mend="Name each medium once.")


def _free(folder: Path) -> int:
    with contextlib.suppress(OSError, AttributeError):
        found = os.statvfs(folder)
        return found.f_bavail * found.f_frsize
    return 1 << 62


def _unfinished(folder: Path) -> list[Path]:
    """Find parts that break off and that nobody alive is writing."""
    found = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir())[:_MOST_LOOKED_AT]:
            with contextlib.suppress(OSError):
                if path.is_file() and not path.is_symlink() and _is_broken(path) and not medium.busy(path):
                    found.append(path)
    return found


def _is_broken(path: Path) -> bool:
    with path.open("rb", buffering=0) as stream:
        return readback.broken(stream)

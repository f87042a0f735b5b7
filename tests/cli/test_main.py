"""The command line says what is wrong, what to do, and ends with the class of the fault."""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys

import pytest

from tamizdat.cli import console as consoles
from tamizdat.cli import main as cli
from tamizdat.cli.console import Console, shown
from tamizdat.cli.meters import Lines
from tamizdat.primitives import errors
from tests.tools import ROOT


class Verb:
    """A verb that does what the test wants, in place of a module."""

    def __init__(self, act) -> None:
        self.act = act

    def add_parser(self, verbs) -> None:
        parser = verbs.add_parser("check", help="...")
        parser.add_argument("names", nargs="*")
        parser.set_defaults(run=lambda args, console: self.act(args, console))


def run(monkeypatch, act, *words: str) -> int:
    monkeypatch.setitem(sys.modules, "tamizdat.cli.check", Verb(act))
    return cli.main(["check", *words])


def raising(error: BaseException):
    def act(args, console) -> None:
        secret = "swordfish"  # noqa: F841
        raise error

    return act


@pytest.mark.parametrize("kind", errors.TamizdatError.__subclasses__())
def test_the_exit_status_is_the_class_of_the_fault(monkeypatch, capsys, kind) -> None:
    faults = (errors.Fault(code="a-b", where="x\x1b.md:3", what="no title", mend="Write one."),)

    status = run(monkeypatch, raising(kind("some-code", "nothing fits", mend="Try again.", faults=faults)))

    said = capsys.readouterr()
    assert status == kind.exit_status
    assert said.out == ""
    assert said.err.splitlines() == [
        "tamizdat: error: nothing fits [some-code]",
        "tamizdat:   x\\x1b.md:3: no title",
        "tamizdat: mend: Try again.",
        "tamizdat: mend: Write one.",
    ]


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (ValueError("swordfish"), 1, "this is a fault in Tamizdat: ValueError"),
        (OSError(28, "No space left on device", "/some/file"), 5, "/some/file: No space left on device [system]"),
        (ImportError("no jinja2", name="jinja2"), 2, "pip install 'tamizdat[newsroom]'"),
        (BrokenPipeError(), 1, ""),
    ],
)
def test_what_is_no_mendable_fault_is_told_without_a_traceback(monkeypatch, capsys, error, status, says) -> None:
    assert run(monkeypatch, raising(error)) == status

    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said
    assert "swordfish" not in said


def test_debug_shows_where_and_no_local_values(monkeypatch, capsys) -> None:
    assert run(monkeypatch, raising(ValueError("told")), "x", "--debug") == 1

    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "secret =" not in said


def test_after_two_hyphens_a_word_is_a_name(monkeypatch) -> None:
    seen = []

    assert run(monkeypatch, lambda args, console: seen.extend(args.names), "--", "--debug") == 0
    assert seen == ["--debug"]


def test_only_the_verb_asked_for_is_imported() -> None:
    """A witness's `seal` never waits for a newsroom's packages, and works without them."""
    code = "import sys; from tamizdat.cli import main; s = main.main(['--help']); print(s, *sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    loaded = done.stdout.splitlines()[-1].split()
    assert loaded[0] == "0"
    assert not cli.NEWSROOM_PACKAGES & set(loaded)
    assert {name for name in loaded if name.startswith("tamizdat.cli.")} == {
        "tamizdat.cli.main",
        "tamizdat.cli.console",
        "tamizdat.cli.meters",
        "tamizdat.cli.phrases",
    }
    assert all(f"    {verb}" in done.stdout for verb in cli.VERBS)


@pytest.mark.parametrize(("verb", "told"), cli.VERBS.items())
def test_every_verb_has_its_module_and_says_one_thing_of_itself(verb, told) -> None:
    module, help_ = told
    verbs = argparse.ArgumentParser().add_subparsers()

    cli.importlib.import_module(module).add_parser(verbs)

    assert list(verbs.choices) == [verb]
    assert [action.help for action in verbs._choices_actions] == [help_]


@pytest.mark.parametrize("words", [[], ["nonsense"], ["newsroom"], ["newsroom", "init"]])
def test_a_command_that_cannot_be_is_a_fault_of_use(capsys, words) -> None:
    assert cli.main(words) == 2

    said = capsys.readouterr().err
    assert "[usage]" in said
    assert "--help" in said


def test_a_reader_that_has_gone_ends_the_run_quietly() -> None:
    command = f"{sys.executable} -m tamizdat.cli.main --help | true; exit ${{PIPESTATUS[0]}}"

    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)

    assert done.stderr == ""


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        (b"plain.jpg", "plain.jpg"),
        ("صورة.jpg", "صورة.jpg"),
        (b"a\x1b]0;x\x07\nb", "a\\x1b]0;x\\x07\\nb".replace("\\n", "\\x0a")),
        (b"\xff\xfe", "\\xff\\xfe"),
        (os.fsdecode(b"\xff"), "\\xff"),
        ("photo\u202egpj.exe", "photo\\u202egpj.exe"),
    ],
)
def test_a_strangers_name_can_only_be_shown(name, seen) -> None:
    assert shown(name) == seen


def test_the_passphrase_is_read_from_a_file_before_the_environment(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv(consoles.PASSPHRASE_VARIABLE, "from the environment")
    path = tmp_path / "passphrase"
    path.write_bytes(b"from a file \r\nsecond line\n")
    path.chmod(0o644)

    read = Console().passphrase(argparse.Namespace(passphrase_file=str(path)))
    warned = capsys.readouterr().err
    fallback = Console().passphrase(argparse.Namespace(passphrase_file=None))

    assert read == b"from a file "
    assert "chmod 600" in warned
    assert fallback == b"from the environment"
    assert "for tests only" in capsys.readouterr().err


def test_with_nobody_to_ask_nothing_is_asked(monkeypatch) -> None:
    monkeypatch.delenv(consoles.PASSPHRASE_VARIABLE, raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))

    for ask in (lambda: Console().passphrase(argparse.Namespace()), lambda: Console().yes("Go on?")):
        with pytest.raises(errors.UsageError) as caught:
            ask()
        assert caught.value.code == "no-terminal"
    with pytest.raises(errors.UsageError) as caught:
        Console().passphrase(argparse.Namespace(named_by="--as-passphrase-file"))
    assert "Give --as-passphrase-file FILE" in caught.value.mend


def test_progress_in_a_pipe_is_a_line_now_and_then_and_none_for_short_work(capsys) -> None:
    said: list[str] = []
    seconds = iter(range(0, 1000, 4))
    lines = Lines(said.append, 1_000_000, "sealing", clock=lambda: next(seconds))

    for _ in range(5):
        lines.advance(100_000)
    with Console().progress(1000, "sealing") as meter:
        meter.advance(1000)

    assert said == ["sealing: 30 %, 25 KB a second, about 30 seconds left"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("plain", ["dumb", "xterm"])
def test_a_plain_terminal_gets_no_moving_bar_and_no_colour_where_none_is_wanted(monkeypatch, plain: str) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", plain)
    monkeypatch.setenv("NO_COLOR", "1")

    with Console().progress(1000, "sealing") as meter:
        meter.advance(500)

    assert ("sealing" in screen.getvalue()) == (plain == "xterm")
    assert "\x1b[3" not in screen.getvalue()


def test_the_newsroom_is_found_by_option_by_variable_and_by_walking_up(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv(consoles.NEWSROOM_VARIABLE, raising=False)
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        (folder / "stories").mkdir(parents=True)
        (folder / "newsroom.toml").write_text("")
    monkeypatch.chdir(first / "stories")

    assert consoles.find_newsroom(argparse.Namespace()) == first
    monkeypatch.setenv(consoles.NEWSROOM_VARIABLE, str(second))
    assert consoles.find_newsroom(argparse.Namespace()) == second
    assert consoles.find_newsroom(argparse.Namespace(newsroom=str(first))) == first
    with pytest.raises(errors.UsageError):
        consoles.find_newsroom(argparse.Namespace(newsroom=str(tmp_path)))

"""The command line as a process: what each subcommand prints, and how it fails."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
import wave
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot.command_line.dispatch import COMMANDS, parse
from tests.fakes.bot_process import ROOT, run_bot
from tests.fakes.pulse import PulseServer, pulse

__all__ = ["pulse"]


def bot(
    *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        input=stdin,
        capture_output=True,
        timeout=60,
        cwd=ROOT,
        env=os.environ | dict(environment or {}),
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def at_once(
    *lines: tuple[str, ...], environment: Mapping[str, str] | None = None
) -> list[tuple[int, str, str]]:
    """What `bot` gives for each: one waits for sound or an engine while others start."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda line: bot(*line, environment=environment), lines))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "python -m bot demo"),
        (("dmeo",), 'did you mean "demo"?'),
        (("demo", "--sped", "2"), "did you mean --speed?"),
        (("demo", "--speed", "x"), "'x' is not a speed"),
        (("demo", "--limit", "0"), "'0' is not a number of events"),
        (("--audio.latancy", "0.2"), 'did you mean "--audio.latency"?'),
        (("--audio.latency", "soon"), "--audio.latency cannot be 'soon'"),
        (("--audio.latency",), "wants a value"),
        (("say",), "the following arguments are required: text"),
        (("say", "  "), "nothing to say"),
        (("--config", "/nowhere/config.toml"), "/nowhere/config.toml cannot be read"),
        (("--engine.url", "http://:80", "preview", "x"), "it is written http://HOST or http://HOST:PORT"),
        (("--engine.url", "http://here:port", "preview", "x"), "it is written http://HOST"),
        (("--twitch.url", "wss://", "preview", "x"), "it is written wss://HOST or wss://HOST:PORT"),
        (("engine", "--port", "x"), "a port is a number from 0 to 65535"),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_exit_code_2(arguments: tuple[str, ...], sentence: str) -> None:
    code, _, errors = bot(*arguments)
    assert code == 2
    assert sentence in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("replay", "/nowhere.jsonl", "--audio.output", "null"), "cannot read the recording /nowhere.jsonl"),
        (("say", "hello", "--voice", "nobody", "--out", "/tmp/never.wav"), "no voice 'nobody'"),
        (("say", "hello", "--out", "/nowhere/x.wav"), "/nowhere/x.wav cannot be written"),
        (("demo", "--audio.output", "wav:/nowhere/x.wav"), "There is no folder /nowhere"),
        (("demo", "--record", "/proc/nowhere/x", "--audio.output", "null"), "cannot record to"),
        (("voices", "--voices", "/nowhere"), "no folder of voices at /nowhere"),
        (("--twitch.channel", "x", "--store", "/proc/nowhere/s", "--audio.output", "null"), "the store"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_exit_code_1(arguments: tuple[str, ...], sentence: str) -> None:
    code, _, errors = bot(*arguments)
    assert code == 1, errors
    assert sentence in errors
    assert "Traceback" not in errors


def test_every_subcommand_has_help_with_an_example() -> None:
    (code, overview, _), *each = at_once(("--help",), *((name, "--help") for name in COMMANDS))
    assert code == 0
    for name, (code, text, _) in zip(COMMANDS, each, strict=True):
        assert f"  {name} " in overview
        assert code == 0
        assert "xample: python -m bot" in text


def test_preview_prints_a_line_for_each_line() -> None:
    lines = "look: https://example.com/a\n!voice leo\n你好 hello\n\n(╯°□°)╯\n".encode() + b"\xff\xfe ok\n"
    code, text, _ = bot("preview", stdin=lines)
    assert code == 0
    assert text.splitlines() == [
        "look: link",
        "refused: command",
        "你好 hello",
        "refused: empty",
        "refused: symbols only",
        "ok",
    ]
    assert bot("preview", "hi", "!x")[1].splitlines() == ["hi", "refused: command"]


def test_preview_follows_the_settings(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[templates]\nmessage = "{name} says {text}"\n[chat]\ncommand_prefix = "?"\n')
    _, text, _ = bot("--config", str(config), "preview", "--name", "Ann", "!hi", "?hi")
    assert text.splitlines() == ["Ann says hi", "refused: command"]


def test_preview_reads_as_taught_and_as_on_the_platform(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "store.sqlite3"))
    assert bot("preview", "gg 666", *store)[1] == "G G six six six\n"
    assert not list(tmp_path.iterdir())
    (tmp_path / "readings.tsv").write_text("gg\tjolly good game\n", "utf-8")
    assert bot("readings", "import", str(tmp_path / "readings.tsv"), *store)[0] == 0
    assert bot("preview", "gg 666", *store)[1] == "jolly good game six six six\n"
    for where in (("--platform", "bilibili"), ("--bilibili.room", "1")):
        assert bot("preview", "666", *where, *store)[1] == "六六六\n"


def test_preview_does_without_a_store_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite3").write_bytes(b"no database " * 100)
    code, out, err = bot("preview", "gg", "--store", str(tmp_path / "store.sqlite3"))
    assert (code, out) == (0, "G G\n")
    assert "cannot be opened" in err
    assert err.endswith("without what viewers have taught\n")


def test_voices_marks_the_one_in_use() -> None:
    code, text, _ = bot("voices", "--speech.voice", "leo")
    assert code == 0
    assert [line.split()[1] for line in text.splitlines() if line.startswith("*")] == ["leo"]
    assert len(text.splitlines()) >= 3


def test_say_writes_what_is_said(tmp_path: Path) -> None:
    files = {voice: tmp_path / f"{voice}.wav" for voice in ("mei", "leo")}
    said = at_once(
        *(("say", "hello, 你好", "--voice", voice, "--out", str(file)) for voice, file in files.items())
    )
    for file, (code, text, errors) in zip(files.values(), said, strict=True):
        assert code == 0, errors
        assert str(file) in text
    sounds = []
    for file in files.values():
        with wave.open(str(file)) as opened:
            assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate()) == (1, 2, 24_000)
            sounds.append(np.frombuffer(opened.readframes(opened.getnframes()), "<i2"))
    assert all(len(sound) > 24_000 // 2 and np.abs(sound).max() > 1000 for sound in sounds)
    assert not np.array_equal(sounds[0][:12_000], sounds[1][:12_000])


def test_without_any_device_there_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    nothing = {"PULSE_SERVER": f"unix:{tmp_path}/none"}
    if Path("/proc/asound").exists():
        pytest.skip("this machine has a sound card")
    say, demo, doctor = at_once(("say", "hello"), ("demo", "--limit", "1"), ("doctor",), environment=nothing)
    code, _, errors = say
    assert code == 1
    assert "No sound device was found" in errors
    code, text, errors = demo
    assert code == 0
    assert "Going on without sound" in errors
    assert "1 spoken" in text
    code, text, _ = doctor
    assert code == 1
    assert "FAULT  device" in text
    assert "ok     engine" in text
    assert not any("Traceback" in errors for _, _, errors in (say, demo, doctor))


def test_devices_and_doctor_with_a_cable(pulse: PulseServer) -> None:
    code, text, errors = bot("devices", "--audio.device", "vcable", environment=pulse.env)
    assert code == 0, errors
    (used,) = [line for line in text.splitlines() if line.startswith("* ") and "is in use" not in line]
    assert "vcable" in used
    code, text, _ = bot("doctor", "--audio.device", "vcable", environment=pulse.env)
    assert code == 0, text
    assert all(line.startswith("ok ") for line in text.splitlines())
    code, _, errors = bot("devices", "--audio.device", "vcabel", environment=pulse.env)
    assert code == 1
    assert "vcable" in errors


async def test_a_recording_replays_to_the_same_words(tmp_path: Path) -> None:
    recording = tmp_path / "evening.jsonl"
    null = ("--audio.output", "null", "--speed", "1000", "--limit", "6", "--speech.speed", "2")
    async with run_bot("demo", *null, "--record", str(recording)) as first:
        assert await first.ended(60) == 0
    assert json.loads(recording.read_text().splitlines()[0])["recording"] == 1
    async with run_bot("replay", str(recording), *null) as second:
        assert await second.ended(60) == 0
    assert first.texts("Spoken") == second.texts("Spoken")
    assert len(first.texts("Spoken")) >= 5


def test_the_live_view_shows_the_chat_and_gives_the_terminal_back() -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [sys.executable, "-m", "bot", "demo", "--audio.output", "null"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    output = b""
    deadline = time.monotonic() + 30
    while b"spoken after" not in output and time.monotonic() < deadline:
        output += os.read(terminal, 1 << 16)
    os.kill(pid, signal.SIGINT)
    while True:
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # Linux says so when the other end has closed
            break
        if not data:
            break
        output += data
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    text = output.decode(errors="replace")
    assert os.waitstatus_to_exitcode(status) == 0
    for part in (
        "Chat Aloud",
        "engine",
        "橘子汽水",
        "来啦来啦，前排占座",
        "spoken after",
        "backlog",
        "♪ ",
    ):
        assert part in text, part
    # The other screen is entered and left, and the cursor is back.
    assert text.rindex("\x1b[?1049l") > text.rindex("\x1b[?1049h")
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert "events heard" in text[text.rindex("\x1b[?1049l") :]


def test_the_readme_s_commands_exist() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    commands = [line for line in lines if line.startswith(("python -m bot", "scripts/run"))]
    assert len(commands) >= 9
    for command in commands:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]
        words = words[1:] if words[0] == "scripts/run" else words[3:]
        if words[0] != "engine":
            parse(words)
    assert all((ROOT / line.split()[0]).exists() for line in lines if line.startswith("scripts/"))


def test_the_wheel_carries_voices_demo_and_settings(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"bot/data/demo.jsonl", "bot/data/voices/mei/voice.toml", "bot/data/config.toml"} <= names
    assert not any(name.startswith(("tests/", "torch")) for name in names)


def test_readings_are_imported_listed_and_exported(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "store.sqlite3"))
    file = tmp_path / "mine.tsv"
    file.write_text("ghoti\tfish\n芈\t米\nno tab here\n", "utf-8")
    code, text, _ = bot("readings", "import", str(file), *store)
    assert code == 1
    assert "mine.tsv, line 3" in text
    assert "2 readings taken up" in text
    out = tmp_path / "out.tsv"
    assert bot("readings", "export", str(out), *store)[0] == 0
    assert bot("readings", "list", *store)[1] == out.read_text("utf-8")
    code, text, _ = bot("readings", "import", str(out), "--store", str(tmp_path / "other.sqlite3"))
    assert (code, text) == (0, "2 readings taken up\n")
    code, _, errors = bot("readings", "import", "/nowhere.tsv", *store)
    assert code == 1
    assert errors == "/nowhere.tsv: No such file or directory\n"


def test_preview_tells_what_is_wrong_with_the_block_list(tmp_path: Path) -> None:
    missing = tmp_path / "mine.txt"
    code, out, err = bot("--rules.blocklist", str(missing), "--rules.blocked", "/(/", "preview", "hello")
    assert (code, out) == (0, "hello\n")
    assert "missing ): (" in err
    assert f"{missing} is not there: nothing is blocked by it" in err


def test_a_pipe_is_no_recording(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code, _, err = bot("--audio.output", "null", "--web.enabled", "false", "replay", str(pipe))
    assert code == 1
    assert f"{pipe} is no file but a pipe or the like: save the recording first" in err


def test_what_was_not_understood_is_told_in_the_end(tmp_path: Path) -> None:
    recording = tmp_path / "some.jsonl"
    recording.write_text('{"recording": 1, "started": "2026-01-31T20:00:00+00:00"}\nno event\n{}\n')
    code, out, _ = bot(
        *("--audio.output", "null", "--web.enabled", "false", "--view", "plain", "replay", str(recording))
    )
    assert code == 0
    assert "2 not understood" in out.splitlines()[-1]

"""scripts/virtual_cable against a real PulseAudio server, and what `doctor` sees of the cable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.pulse import PulseServer
from tests.scripts.machine import ROOT

SCRIPT = ROOT / "scripts" / "virtual_cable"
BEGIN = "# Chat Aloud's virtual cable, made by scripts/virtual_cable: begin\n"
# The real pactl, but for the name of the server.
PIPEWIRE = """\
#!/usr/bin/env bash
if [[ $1 == info ]]; then echo 'Server Name: PulseAudio (on PipeWire 1.0.5)'; else exec {pactl} "$@"; fi
"""
FIND = """\
import sys
from bot.command_line.cable import find
from bot.config.sections import Audio
found = find(Audio(device=sys.argv[1]))
print(found.what + "|" + found.mend)
"""


class Desktop:
    """A user's home with a sound server of its own."""

    def __init__(self, server: PulseServer, home: Path) -> None:
        self.server = server
        self.default_pa = home / ".config" / "pulse" / "default.pa"
        self.pipewire = home / ".config" / "pipewire" / "pipewire-pulse.conf.d" / "chat-aloud.conf"
        outside = ("XDG_CONFIG_HOME", "CHAT_ALOUD_MACHINE")
        self.env = {k: v for k, v in server.env.items() if k not in outside} | {"HOME": str(home)}
        self.home = home

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """The exit code, and all that is said."""
        done = subprocess.run(
            [SCRIPT, *arguments],
            env=self.env | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=30,
            check=False,
        )
        return done.returncode, done.stdout

    def sinks(self) -> list[str]:
        return [line.split("\t")[1] for line in self.server.pactl("list", "short", "sinks").splitlines()]

    def doctor(self, device: str, **environment: str) -> tuple[str, str]:
        """What is found of the cable if the bot is told to play to `device`, and what mends it."""
        done = subprocess.run(
            [sys.executable, "-c", FIND, device],
            env=self.env | environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        what, _, mend = done.stdout.strip().partition("|")
        return what, mend


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    """With one sink, "card", which is the default."""
    if reason := PulseServer.missing():
        pytest.skip(reason)
    server = PulseServer(sink="card")
    server.start()
    try:
        yield Desktop(server, tmp_path)
    finally:
        server.stop()


def test_it_is_made_once_looked_at_and_taken_away(desktop: Desktop) -> None:
    code, said = desktop.run("status")
    assert (code, said) == (
        1,
        'There is no virtual cable "Chat Aloud" (PulseAudio); make it with: scripts/virtual_cable create\n',
    )
    for told in ("is there now", "is there already"):
        code, said = desktop.run("create")
        assert code == 0
        assert told in said
        assert 'audio.device = "Chat Aloud"' in said
        assert "create --keep" in said
        assert desktop.sinks() == ["card", "chat_aloud"]
    assert desktop.server.pactl("get-default-sink").strip() == "card"
    shown = desktop.server.pactl("list", "sinks")
    assert "Description: Chat Aloud\n" in shown
    assert "s16le 2ch 48000Hz" in shown
    assert "norewinds=1" in desktop.server.pactl("list", "short", "modules")
    desktop.server.pactl("set-sink-mute", "chat_aloud", "1")
    code, said = desktop.run("status")
    assert code == 0
    assert "It is muted" in said
    for told in ("is gone", "There is no virtual cable"):
        code, said = desktop.run("remove")
        assert code == 0
        assert told in said
        assert desktop.sinks() == ["card"]
    assert not desktop.default_pa.exists()


def test_kept_it_is_there_when_the_server_starts_again(desktop: Desktop, tmp_path: Path) -> None:
    own = f"load-module module-native-protocol-unix auth-anonymous=1 socket={tmp_path}/native\n"
    desktop.default_pa.parent.mkdir(parents=True)
    desktop.default_pa.write_text(own.rstrip())
    for _ in range(2):
        code, said = desktop.run("create", "--keep")
        assert code == 0
        assert str(desktop.default_pa) in said
    kept = desktop.default_pa.read_text()
    assert kept.startswith(own + BEGIN)
    assert kept.count("load-module module-null-sink sink_name=chat_aloud ") == 1
    assert "include" not in kept  # it is the user's own file already
    again = desktop.server.env | {"PULSE_SERVER": f"unix:{tmp_path}/native"}
    command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", f"--file={desktop.default_pa}"]
    with subprocess.Popen(command, env=again, stderr=subprocess.DEVNULL) as server:
        try:
            _until_it_answers(again)
            code, said = desktop.run("status", PULSE_SERVER=again["PULSE_SERVER"])
        finally:
            server.terminate()
    assert code == 0, said
    assert "It is made whenever the sound server starts" in said
    desktop.run("remove")
    assert desktop.default_pa.read_text() == own


def test_a_default_pa_of_ours_alone_includes_the_systems_and_goes_again(desktop: Desktop) -> None:
    desktop.run("create", "--keep")
    assert desktop.default_pa.read_text().startswith(BEGIN + ".include /etc/pulse/default.pa\n.nofail\n")
    desktop.run("remove")
    assert not desktop.default_pa.exists()


def test_on_pipewire_it_is_kept_in_its_settings(desktop: Desktop) -> None:
    programs = desktop.home / "bin"
    programs.mkdir()
    (programs / "pactl").write_text(PIPEWIRE.format(pactl=_which("pactl")))
    (programs / "pactl").chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    code, said = desktop.run("create", "--keep", PATH=path)
    assert code == 0
    assert "is there now (PipeWire)" in said
    text = desktop.pipewire.read_text()
    # As PipeWire 0.3.65 read it when it was tried by hand: quotes within a string are escaped.
    assert '{ cmd = "load-module" args = "module-null-sink sink_name=chat_aloud ' in text
    assert "sink_properties=\\\"device.description='Chat Aloud' " in text
    assert not desktop.default_pa.exists()
    desktop.run("remove")  # on PulseAudio by now
    assert not desktop.pipewire.exists()


def test_without_a_server_or_pactl_it_is_one_sentence(tmp_path: Path) -> None:
    if reason := PulseServer.missing():
        pytest.skip(reason)
    nobody = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PULSE_SERVER": f"unix:{tmp_path}/none"}
    for env, sentence in (
        (nobody, "No sound server answers: log in to a desktop"),
        (nobody | {"PATH": str(tmp_path)}, "pactl is missing"),
    ):
        done = subprocess.run(
            [_which("bash"), SCRIPT, "create"],
            env=env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.startswith(sentence)
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [(), ("make",), ("create", "keep"), ("remove", "now"), ("status", "", "x")]
)
def test_what_it_does_not_know_is_answered_with_its_use(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [SCRIPT, *arguments], capture_output=True, text=True, timeout=30, check=False, env=dict(os.environ)
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: scripts/virtual_cable")


def test_the_doctor_sees_whether_the_bot_plays_to_it(desktop: Desktop) -> None:
    what, mend = desktop.doctor("Chat Aloud")
    assert what == 'there is no "Chat Aloud", to which the bot is to play'
    assert mend.startswith("scripts/virtual_cable create --keep")
    desktop.run("create")
    fifo = desktop.home / "speakers"
    desktop.server.pactl("load-module", "module-pipe-sink", "sink_name=speakers", f"file={fifo}")
    desktop.server.pactl("set-default-sink", "speakers")
    what, mend = desktop.doctor("")
    assert "Chat Aloud (chat_aloud) is there, and the bot plays to " in what
    assert mend == 'audio.device = "Chat Aloud" in config.toml'
    played = ("the bot plays to Chat Aloud (chat_aloud)", "")
    assert desktop.doctor("Chat Aloud") == played
    assert desktop.doctor("chat_aloud") == played
    assert desktop.doctor("", PULSE_SINK="chat_aloud") == played
    desktop.server.pactl("set-sink-mute", "chat_aloud", "1")
    assert desktop.doctor("Chat Aloud") == (
        "Chat Aloud (chat_aloud) is muted",
        "pactl set-sink-mute chat_aloud 0",
    )


def _which(program: str) -> str:
    found = shutil.which(program)
    assert found
    return found


def _until_it_answers(env: dict[str, str]) -> None:
    # Each try takes some 10 ms: pactl cannot be told to wait for a server.
    ask = ["pactl", "info"]
    for _ in range(500):
        if subprocess.run(ask, env=env, capture_output=True, check=False, timeout=10).returncode == 0:
            return
    raise TimeoutError("pulseaudio does not answer")

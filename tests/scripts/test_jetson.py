"""scripts/jetson_performance and what `doctor` sees of a Jetson; nvpmodel and jetson_clocks keep books."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.command_line.jetson import find_jetson
from tests.scripts.machine import Machine, machine

# The power mode is in a file; a mode that takes a restart is refused unless YES is answered.
NVPMODEL = """
case $1 in
    -q) printf 'NV Power Mode: %s\\n%s\\n' "MODE_$(<"$ROOT/mode")" "$(<"$ROOT/mode")";;
    -m) read -r answer
        if [[ -e $ROOT/restart && $answer != YES ]]; then
            echo "NVPM WARN: Reboot required for changing to this power mode: $2"
            exit 255
        fi
        printf '%s' "$2" >"$ROOT/mode"; echo "nvpmodel $*" >>"$ROOT/log";;
esac
"""
JETSON_CLOCKS = """
lowest() { cat "$ROOT/lowest"; }
case ${1:-} in
    --show) echo "SOC family:tegra234  Machine:Orin"
            echo "GPU MinFreq=$(lowest) MaxFreq=1300500000 CurrentFreq=$(lowest)";;
    --store) lowest >"$2"; echo "Storing system configuration";;
    --restore) cp "$2" "$ROOT/lowest"; echo "restore" >>"$ROOT/log";;
    *) echo -n 1300500000 >"$ROOT/lowest"; echo "lock" >>"$ROOT/log";;
esac
"""


@pytest.fixture
def orin(tmp_path: Path) -> Machine:
    here = machine(tmp_path)
    here.command("nvpmodel", NVPMODEL)
    here.command("jetson_clocks", JETSON_CLOCKS)
    here.command("id", "echo ${USER_ID:-0}")
    here.file("etc/nvpmodel.conf", "< POWER_MODEL ID=0 NAME=MAXN >\n< POWER_MODEL ID=2 NAME=MODE_30W >\n")
    (here.root / "mode").write_text("2")
    (here.root / "lowest").write_text("306000000")
    return here


def state(here: Machine) -> tuple[str, str]:
    return (here.root / "mode").read_text(), (here.root / "lowest").read_text()


def test_it_sets_the_fastest_mode_and_locks_the_clocks_and_takes_both_back(orin: Machine) -> None:
    done = orin.run("jetson_performance")
    assert done.returncode == 0, done.stderr
    assert state(orin) == ("0", "1300500000")
    before, _, after = done.stdout.partition("After:")
    assert "MODE_2" in before
    assert "MinFreq=306000000" in before
    assert "Setting power mode 0 and locking the clocks" in before
    assert "MODE_0" in after
    assert "MinFreq=1300500000" in after
    orin.run("jetson_performance")  # what it undoes is the state before the first run
    undone = orin.run("jetson_performance", "--undo")
    assert undone.returncode == 0, undone.stderr
    assert state(orin) == ("2", "306000000")
    assert orin.run("jetson_performance", "--undo").stderr == "There is nothing to undo.\n"


def test_the_mode_without_limits_is_found_by_its_name(orin: Machine) -> None:
    orin.file(
        "etc/nvpmodel.conf", "< POWER_MODEL ID=0 NAME=15W >\n  < POWER_MODEL ID=3 NAME=MAXN_SUPER >\n# MAXN\n"
    )
    assert orin.run("jetson_performance").returncode == 0
    assert state(orin)[0] == "3"


def test_a_mode_that_takes_a_restart_is_left_to_the_user(orin: Machine) -> None:
    (orin.root / "restart").touch()
    done = orin.run("jetson_performance")
    assert done.returncode == 1
    assert "sudo nvpmodel -m 0, answer YES, then run this again" in done.stderr
    assert state(orin) == ("2", "306000000")


def test_show_changes_nothing(orin: Machine) -> None:
    done = orin.run("jetson_performance", "--show")
    assert "NV Power Mode: MODE_2" in done.stdout
    assert not (orin.root / "log").exists()


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "sentence"),
    [
        ((), {"USER_ID": "1000"}, 1, "Root is needed: sudo scripts/jetson_performance\n"),
        (("--undo",), {"USER_ID": "1000"}, 1, "Root is needed: sudo scripts/jetson_performance --undo\n"),
        (("--fast",), {}, 2, "usage: "),
    ],
)
def test_what_it_refuses(
    orin: Machine, arguments: tuple[str, ...], variables: dict[str, str], code: int, sentence: str
) -> None:
    done = orin.run("jetson_performance", *arguments, **variables)
    assert done.returncode == code
    assert done.stderr.startswith(sentence)


def test_elsewhere_it_says_what_it_is_for(tmp_path: Path) -> None:
    done = machine(tmp_path).run("jetson_performance")
    assert (done.returncode, done.stderr.endswith("this is for an NVIDIA Jetson.\n")) == (1, True)


@pytest.fixture
def doctors(orin: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    orin.file("proc/device-tree/model", "NVIDIA Jetson AGX Orin Developer Kit\0")
    monkeypatch.setenv("PATH", f"{orin.bin}:{os.environ['PATH']}")
    monkeypatch.setenv("ROOT", str(orin.root))
    return orin


def test_the_doctor_sees_clocks_that_a_restart_has_unlocked(doctors: Machine) -> None:
    found = find_jetson(doctors.etc)
    assert found
    assert str(found) == "NVIDIA Jetson AGX Orin Developer Kit, power mode MODE_2, clocks not locked"
    assert found.slow == "the power mode is MODE_2 and the clocks are not locked (a restart unlocks them)"


@pytest.mark.parametrize(("lowest", "locked"), [("306000000", False), ("1300500000", True)])
def test_the_kernel_is_asked_about_the_clocks_first(doctors: Machine, lowest: str, locked: bool) -> None:
    doctors.file("sys/class/devfreq/17000000.gpu/min_freq", lowest + "\n")
    doctors.file("sys/class/devfreq/17000000.gpu/max_freq", "1300500000\n")
    doctors.command("jetson_clocks", "exit 1")
    doctors.command("nvpmodel", "printf 'NV Power Mode: MAXN\\n0\\n'")
    found = find_jetson(doctors.etc)
    assert found
    assert found.locked is locked
    assert bool(found.slow) is not locked


def test_what_nobody_tells_is_no_fault(doctors: Machine) -> None:
    doctors.command("jetson_clocks", "echo 'GPU MinFreq=1 MaxFreq=2'; exit 1")
    doctors.command("nvpmodel", "echo 'NV Power Mode: of before'; exit 1")
    found = find_jetson(doctors.etc)
    assert found
    assert (found.mode, found.locked, found.slow) == ("", None, "")


def test_another_machine_is_no_jetson(tmp_path: Path) -> None:
    assert find_jetson(tmp_path) is None

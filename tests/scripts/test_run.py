"""scripts/run: where it adds the voice-cloning engine, which torch it keeps, what is left when it cannot."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.scripts.machine import Machine, environment, machine

GPU = """
case $1 in
    *name) echo "NVIDIA GeForce RTX 3060";;
    *driver_version) echo "${DRIVER:-580.95.05}";;
    *compute_cap) echo "${CAPABILITY:-8.6}";;
esac
"""
ORIN = "NVIDIA Jetson AGX Orin Developer Kit\0"


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return machine(tmp_path)


@pytest.fixture
def with_gpu(here: Machine) -> Machine:
    here.command("nvidia-smi", GPU)
    return here


def jetson(here: Machine, release: int) -> Machine:
    here.file("etc/nv_tegra_release", f"# R{release} (release), REVISION: 4.0, GCID: 1, BOARD: generic\n")
    here.file("proc/device-tree/model", ORIN)
    return here


def test_without_a_gpu_nothing_is_added_or_said(here: Machine) -> None:
    done = here.run("run", "demo", "--limit", "3")
    assert (done.returncode, done.stderr, here.pip) == (0, "", "")
    assert done.stdout.startswith("bot demo --limit 3 ")


def test_with_a_gpu_the_engine_is_added_once(with_gpu: Machine) -> None:
    done = with_gpu.run("run", "demo")
    assert done.returncode == 0, done.stderr
    assert "NVIDIA GeForce RTX 3060: adding the voice-cloning engine" in done.stderr
    assert "5 GB" in done.stderr
    assert "BOT_ENGINE__NAME=espeak" in done.stderr
    assert done.stdout.startswith("bot demo ")
    asked, _, _ = with_gpu.pip.partition("\n")
    assert asked.startswith("f5.txt install ")
    assert "--no-deps --require-hashes" in asked
    assert "torch==2.11.0" in with_gpu.pip
    again = with_gpu.run("run", "demo")
    assert (again.returncode, again.stderr) == (0, "")
    assert with_gpu.pip.count("f5.txt") == 1


def test_a_newer_list_is_installed(with_gpu: Machine) -> None:
    with_gpu.run("run")
    listed = with_gpu.root / "requirements" / "f5.txt"
    listed.write_text(listed.read_text().replace("0.8.0", "0.9.0"))
    with_gpu.run("run")
    assert "safetensors==0.9.0" in with_gpu.pip


def test_with_the_light_engine_chosen_nothing_is_added(with_gpu: Machine) -> None:
    done = with_gpu.run("run", F5_WANTED="1")
    assert (done.returncode, done.stderr, with_gpu.pip) == (0, "", "")


def test_it_is_added_anywhere_when_told(here: Machine) -> None:
    done = here.run("run", "--with-f5", "say", "hello")
    assert "No NVIDIA GPU found" in done.stderr
    assert "torch==2.11.0" in here.pip
    assert done.stdout.startswith("bot say hello ")


def test_a_failure_leaves_the_light_engine_and_is_said_once(with_gpu: Machine) -> None:
    done = with_gpu.run("run", "demo", PIP_STUB="1")
    assert done.returncode == 0
    assert "could not be installed; is there a network" in done.stderr
    assert "scripts/run --with-f5 tries again" in done.stderr
    assert done.stdout.startswith("bot demo ")
    again = with_gpu.run("run", "demo")
    assert (again.returncode, again.stderr) == (0, "")
    told = with_gpu.run("run", "--with-f5", "demo", PIP_STUB="1")
    assert (told.returncode, told.stdout) == (1, "")
    assert "could not be installed" in told.stderr
    assert with_gpu.run("run", "--with-f5", "demo").returncode == 0
    assert with_gpu.run("run", "demo").stderr == ""
    assert not (with_gpu.root / ".venv" / "without-f5").exists()
    assert not (with_gpu.root / ".venv" / "tmp").exists()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DRIVER": "550.54.14"}, "driver 550.54.14 is too old for the voice-cloning engine: it takes 580"),
        ({"CAPABILITY": "6.1"}, "older than CUDA 13 supports"),
    ],
)
def test_what_cuda_13_cannot_use_is_left_alone(
    with_gpu: Machine, variables: dict[str, str], sentence: str
) -> None:
    done = with_gpu.run("run", "demo", **variables)
    assert (done.returncode, with_gpu.pip) == (0, "")
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ("raise ImportError('libcudart.so.13: no such file')", "libcudart.so.13: no such file\n"),
        ("def ones(*_, **__): raise RuntimeError('no kernel image\\nmore')", "no kernel image\n"),
    ],
)
def test_a_torch_that_does_not_work_is_not_taken_for_installed(
    with_gpu: Machine, broken: str, sentence: str
) -> None:
    done = with_gpu.run("run", "demo", BROKEN_TORCH=broken)
    assert done.returncode == 0
    assert f"its torch cannot be used: {sentence}" in done.stderr
    assert done.stdout.startswith("bot demo ")


def test_a_full_disk_is_seen_before(with_gpu: Machine) -> None:
    with_gpu.command("df", "printf 'Filesystem\\n/dev/x 0 0 4194304 0%% /\\n'")
    done = with_gpu.run("run", "demo")
    assert (done.returncode, with_gpu.pip) == (0, "")
    assert "takes 12 GB of free disk to install" in done.stderr
    assert "has 4." in done.stderr


def test_the_torch_of_an_active_environment_is_kept(with_gpu: Machine, tmp_path: Path) -> None:
    own = environment(tmp_path / "own", torch="12.8")
    (with_gpu.bin / "python3").unlink()
    (with_gpu.bin / "python3").symlink_to(own / "bin" / "python")
    # A link to an environment's Python starts the one behind it: PATH holds the environment itself.
    path = f"{own}/bin:{with_gpu.bin}:/usr/bin:/bin"
    done = with_gpu.run("run", "demo", PATH=path)
    assert done.returncode == 0, done.stderr
    assert f"the torch in {own.resolve()}" in done.stderr
    assert "safetensors==0.8.0" in with_gpu.pip
    assert "torch-einops-utils" in with_gpu.pip
    for absent in ("torch==", "nvidia-", "triton"):
        assert absent not in with_gpu.pip.replace("torch-einops", "")
    assert "finds a GPU of the test" in done.stderr
    assert str(own.resolve()) in done.stdout
    # Later without that environment active: it is found all the same, and nothing is done again.
    again = with_gpu.run("run", "demo")
    assert again.stderr == ""
    assert str(own.resolve()) in again.stdout


def test_a_torch_that_has_gone_is_replaced_by_our_own(with_gpu: Machine, tmp_path: Path) -> None:
    own = environment(tmp_path / "own", torch="12.8")
    with_gpu.run("run", "demo", PATH=f"{own}/bin:{with_gpu.bin}:/usr/bin:/bin")
    own.rename(tmp_path / "gone")
    done = with_gpu.run("run", "demo")
    assert "torch==2.11.0" in with_gpu.pip
    assert "PyTorch with CUDA" in done.stderr
    assert with_gpu.run("run", "demo").stderr == ""


def test_a_torch_without_cuda_is_not_taken(with_gpu: Machine, tmp_path: Path) -> None:
    own = environment(tmp_path / "own", torch="")
    with_gpu.run("run", "demo", PATH=f"{own}/bin:{with_gpu.bin}:/usr/bin:/bin")
    assert "torch==2.11.0" in with_gpu.pip


def test_the_torch_of_another_python_is_neither_taken_nor_joined_by_a_second(
    with_gpu: Machine, tmp_path: Path
) -> None:
    own = environment(tmp_path / "own", torch="12.8")
    (own / "bin" / "python3").unlink()
    other = tmp_path / "other"
    # Python 3.99, as far as the script is told.
    other.write_text(
        "#!/usr/bin/env bash\n"
        f'if [[ $2 == *"%d.%d"* ]]; then echo 3.99; else exec {own}/bin/python "$@"; fi\n'
    )
    other.chmod(0o755)
    (own / "bin" / "python3").symlink_to(other)
    done = with_gpu.run("run", "demo", PATH=f"{own}/bin:{with_gpu.bin}:/usr/bin:/bin")
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert f"is for Python 3.99 and .venv has {here}: remove .venv" in done.stderr
    assert with_gpu.pip == ""
    assert done.stdout.startswith("bot demo ")


def test_a_jetsons_torch_is_kept(here: Machine, tmp_path: Path) -> None:
    own = environment(tmp_path / "own", torch="12.6")
    done = jetson(here, 36).run("run", "demo", PATH=f"{own}/bin:{here.bin}:/usr/bin:/bin")
    assert done.stderr.startswith("NVIDIA Jetson AGX Orin Developer Kit: adding")
    assert "torch==" not in here.pip
    assert "safetensors==0.8.0" in here.pip


def test_jetpack_6_without_a_torch_of_its_own_is_sent_to_the_docs(here: Machine) -> None:
    done = jetson(here, 36).run("run", "demo")
    assert (done.returncode, here.pip) == (0, "")
    assert "JetPack 6" in done.stderr
    assert "docs/jetson.md" in done.stderr


def test_jetpack_7_takes_the_ordinary_path(here: Machine) -> None:
    jetson(here, 39).run("run", "demo")
    assert "torch==2.11.0" in here.pip


def test_a_jetson_that_the_ordinary_torch_was_not_built_for_is_sent_to_the_docs(here: Machine) -> None:
    broken = "def ones(*_, **__): raise RuntimeError('no kernel image')"
    done = jetson(here, 39).run("run", "demo", BROKEN_TORCH=broken)
    assert "no kernel image (docs/jetson.md says what can be done)" in done.stderr
    assert done.stdout.startswith("bot demo ")


def test_ctrl_c_ends_it_and_says_how_to_do_without(with_gpu: Machine) -> None:
    # What a terminal's Ctrl-C does: pip is told, and so is the shell.
    pip = next((with_gpu.root / ".venv").glob("lib/python3*/site-packages/pip/__main__.py"))
    pip.write_text("import os, signal, sys\nos.kill(os.getppid(), signal.SIGINT)\nsys.exit(1)\n")
    done = with_gpu.run("run", "demo")
    assert (done.returncode, done.stdout) == (130, "")
    assert "BOT_ENGINE__NAME=espeak scripts/run" in done.stderr
    assert not (with_gpu.root / ".venv" / "without-f5").exists()

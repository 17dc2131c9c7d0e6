"""`python -m bot weights` as a process, against a hub on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bot.engine.f5.weights import VOCODER
from tests.engine.f5.hub_server import FakeHub
from tests.engine.f5.random_weights import VOCOS_CONFIG, write_model, write_vocos

ROOT = Path(__file__).parents[3]


def weights(hub: FakeHub, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "BOT_"))}
    return subprocess.run(
        [sys.executable, "-m", "bot", "--config", os.devnull, "weights", *arguments],
        cwd=ROOT,
        env={**kept, "HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_downloads_checks_and_says_where(tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors")
    write_vocos(tmp_path)
    with FakeHub() as hub:
        model = (tmp_path / "model.safetensors").read_bytes()
        hub.add("tuner/f5", "F5TTS_v1_Base/m.safetensors", model)
        hub.add("tuner/f5", "vocab.txt", "".join(f"{n}\n" for n in range(40)).encode(), small=True)
        hub.add(VOCODER, "config.yaml", VOCOS_CONFIG.encode(), small=True)
        hub.add(VOCODER, "pytorch_model.bin", (tmp_path / "pytorch_model.bin").read_bytes())
        given = ("--engine.f5.model", "tuner/f5/F5TTS_v1_Base/m.safetensors")

        done = weights(hub, tmp_path, *given, "--check")
        assert (done.returncode, done.stderr.count("Downloading")) == (0, 4)
        assert f"model       {tmp_path}/cache/models--tuner--f5/snapshots/" in done.stdout
        assert "checked     0.2 million numbers, 2 layers of 64" in done.stdout

        again = weights(hub, tmp_path, *given)
        assert (again.returncode, again.stderr) == (0, "")

        wrong = weights(hub, tmp_path, "--engine.f5.model", "tuner/f5/nothing.pt")
        assert wrong.returncode == 1
        assert wrong.stderr.splitlines()[-1].endswith("has no file nothing.pt")

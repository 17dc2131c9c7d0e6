"""A machine for the scripts: a copy of them, a real .venv whose pip writes down what it is told, a PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
REQUIREMENTS = """\
aiohttp==3.14.5 \\
    --hash=sha256:00
nvidia-cublas==13.1.0.3 ; sys_platform == 'linux' \\
    --hash=sha256:01
safetensors==0.8.0 \\
    --hash=sha256:02 \\
    --hash=sha256:03
    # via chat-aloud
torch==2.11.0 \\
    --hash=sha256:04
torch-einops-utils==0.2.0 \\
    --hash=sha256:05
triton==3.6.0 ; sys_platform == 'linux' \\
    --hash=sha256:06
"""
TORCH = """\
__version__ = "2.9.1"
class version: cuda = {cuda!r}
class cuda:
    is_available = staticmethod(lambda: {cuda!r} is not None)
    get_device_name = staticmethod(lambda: "a GPU of the test")
class ones:
    def __init__(self, n, device):
        if not cuda.is_available(): raise RuntimeError("no GPU")
    def sum(self): return self
    def item(self): return 2.0
"""
# It writes down what it was told, "installs" a torch if that is asked for, and ends as PIP_STUB says.
PIP = f"""\
import os, pathlib, sys
root = pathlib.Path(os.environ["ROOT"])
requirements = pathlib.Path(sys.argv[-1])
with (root / "pip.log").open("a") as log:
    print(requirements.name, *sys.argv[1:-2], file=log)
    print(requirements.read_text(), file=log)
if code := int(os.environ.get("PIP_STUB", "0")):
    sys.exit(code)
if "\\ntorch==" in requirements.read_text():
    torch = pathlib.Path(__file__).parent.parent / "torch"
    torch.mkdir()
    (torch / "__init__.py").write_text({TORCH.format(cuda="13.0")!r} + os.environ.get("BROKEN_TORCH", ""))
"""
WANTED = "import os, sys; sys.exit(int(os.environ.get('F5_WANTED', '0')))"
BOT = """\
import importlib.util, sys
found = importlib.util.find_spec("torch")
print("bot", *sys.argv[1:], "torch:", found and found.origin)
"""


@dataclass
class Machine:
    """`root` is the copy of the project, `etc` holds the fake /etc and /proc, `bin` comes first on PATH."""

    root: Path
    etc: Path
    bin: Path

    def command(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text("#!/usr/bin/env bash\n" + textwrap.dedent(script))
        path.chmod(0o755)

    def file(self, path: str, text: str) -> None:
        (self.etc / path).parent.mkdir(parents=True, exist_ok=True)
        (self.etc / path).write_text(text)

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "scripts" / script, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.root,
            env={
                "PATH": f"{self.bin}:/usr/bin:/bin:/usr/sbin:/sbin",
                "HOME": os.environ.get("HOME", "/"),
                "ROOT": str(self.root),
                "CHAT_ALOUD_MACHINE": str(self.etc),
                **environment,
            },
        )

    @property
    def pip(self) -> str:
        """What pip was told, and the requirements that it was given."""
        log = self.root / "pip.log"
        return log.read_text() if log.exists() else ""


def machine(folder: Path) -> Machine:
    """A machine with the light engine's packages installed, without a GPU."""
    root, etc, programs = folder / "project", folder / "machine", folder / "bin"
    for path in (root / "requirements", etc, programs):
        path.mkdir(parents=True)
    shutil.copytree(ROOT / "scripts", root / "scripts")
    (root / "requirements" / "base.txt").write_text("aiohttp==3.14.5\n")
    (root / "requirements" / "f5.txt").write_text(REQUIREMENTS)
    _package(root / "bot", {"__main__": BOT, "command_line/f5_wanted": WANTED})
    environment(root / ".venv")
    _package(_site(root / ".venv") / "pip", {"__main__": PIP})
    shutil.copy(root / "requirements" / "base.txt", root / ".venv" / "installed-base.txt")
    made = Machine(root, etc, programs)
    made.command("dpkg-query", "printf 'install ok installed'")
    made.command("nvidia-smi", "exit 9")
    (programs / "python3").symlink_to(sys.executable)
    made.command("df", "printf 'Filesystem\\n/dev/x 0 0 99999999 0%% /\\n'")
    return made


def environment(folder: Path, torch: str | None = None) -> Path:
    """A virtual environment; with `torch`, holding one that says it was built for that CUDA ("" for none)."""
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    if torch is not None:
        _package(_site(folder) / "torch", {"__init__": TORCH.format(cuda=torch or None)})
    return folder


def _site(environment: Path) -> Path:
    [site] = environment.glob("lib/python3*/site-packages")
    return site


def _package(folder: Path, modules: dict[str, str]) -> None:
    for name, text in modules.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

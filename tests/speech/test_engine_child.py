"""The engine as a real child process: ready, killed, hung, unable to start, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest

from bot.messages import EngineState, State
from bot.speech.engine_child import EngineChild
from bot.speech.engine_link import health
from tests.waiting import until

ROOT = Path(__file__).parent.parent.parent
VOICES = ROOT / "voices"
SLEEPS: list[float] = []


async def no_sleep(seconds: float) -> None:
    SLEEPS.append(seconds)
    await asyncio.sleep(0)


class Running:
    """A child engine and what it said of itself."""

    def __init__(
        self, voices: Path, session: aiohttp.ClientSession, start_timeout: float, arguments: Sequence[str]
    ) -> None:
        self.session = session
        self.reports: list[EngineState] = []
        self._new: asyncio.Queue[EngineState] = asyncio.Queue()
        self.child = EngineChild(
            voices,
            lambda: session,
            self._report,
            arguments=arguments,
            start_timeout=start_timeout,
            sleep=no_sleep,
        )

    def _report(self, state: EngineState) -> None:
        self.reports.append(state)
        self._new.put_nowait(state)

    async def next(self, state: State, within: float = 20) -> EngineState:
        """The next report of `state`."""
        async with asyncio.timeout(within):
            while (report := await self._new.get()).state is not state:
                pass
        return report


@asynccontextmanager
async def running(
    voices: Path = VOICES,
    *,
    start_timeout: float = 30,
    arguments: Sequence[str] = ("--engine.name=espeak",),
) -> AsyncIterator[Running]:
    SLEEPS.clear()
    async with aiohttp.ClientSession() as session:
        running = Running(voices, session, start_timeout, arguments)
        task = asyncio.create_task(running.child.run())
        try:
            yield running
        finally:
            pid = running.child.pid
            task.cancel()
            await asyncio.wait((task,))
        assert task.cancelled()
        assert not pid or not psutil.pid_exists(pid)


async def gone(pid: int, within: float) -> bool:
    deadline = time.monotonic() + within
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


@contextmanager
def a_program_instead(program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Another program is started where the engine's interpreter would be."""
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\n{program}")
    script.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(script))
        yield


async def test_ready_killed_and_ready_again() -> None:
    async with running() as engine:
        await engine.next(State.READY)
        base = await asyncio.wait_for(engine.child.address(), 1)
        assert (await health(engine.session, base, timeout=2))["status"] == "ready"
        first = engine.child.pid
        assert psutil.Process(first).cmdline()[1:3] == ["-m", "bot.engine"]
        assert engine.reports[0] == EngineState(State.STARTING, "starting the engine")
        assert engine.reports[-1].progress == 1.0

        engine.reports.clear()
        os.kill(first, signal.SIGKILL)
        killed = time.monotonic()
        assert (await engine.next(State.WAITING, 2)).detail == (
            "the engine stopped (signal 9); starting it again"
        )
        await engine.next(State.READY, 2)
        assert time.monotonic() - killed < 2
        states = [report.state for report in engine.reports]
        assert states[:2] == [State.WAITING, State.STARTING]
        assert states[-1] is State.READY
        assert set(states[2:-1]) <= {State.STARTING}
        assert engine.child.pid != first
        assert await asyncio.wait_for(engine.child.address(), 1) != base
        assert [wait for wait in SLEEPS if wait] == []  # one that was ready is started again at once


async def test_nobody_is_given_the_address_of_a_dead_engine() -> None:
    async with running() as engine:
        await engine.next(State.READY)
        base = await engine.child.address()
        os.kill(engine.child.pid, signal.SIGKILL)
        engine.child.suspect()  # as the synthesizer does, whose connection broke
        again = await asyncio.wait_for(engine.child.address(), 10)
        assert again != base
        assert (await health(engine.session, again, timeout=2))["status"] == "ready"


async def test_a_wrong_suspicion_costs_no_engine() -> None:
    async with running() as engine:
        await engine.next(State.READY)
        pid, base = engine.child.pid, await engine.child.address()
        for _ in range(2):
            engine.child.suspect()
            assert await asyncio.wait_for(engine.child.address(), 5) == base
        assert engine.child.pid == pid


async def test_an_engine_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.speech.engine_child._HEALTH_TIMEOUT", 0.3)
    async with running() as engine:
        await engine.next(State.READY)
        pid = engine.child.pid
        os.kill(pid, signal.SIGSTOP)
        engine.child.suspect()
        assert (await engine.next(State.WAITING)).detail == "the engine hangs; starting it again"
        await engine.next(State.READY)
        assert await gone(pid, 1)


async def test_one_that_cannot_start_says_its_last_words(tmp_path: Path) -> None:
    missing = tmp_path / "no voices"
    async with running(missing) as engine:
        for _ in range(3):
            assert (await engine.next(State.WAITING)).detail == (
                "the engine did not start (exit code 1):"
                f" There is no folder of voices at {missing}; name it with --voices.; starting it again"
            )
        assert SLEEPS[:2] == [0.5, 1.0]  # longer and longer
        missing.mkdir()
        (missing / "a").mkdir()
        (missing / "a" / "voice.toml").write_text((VOICES / "mei" / "voice.toml").read_text())
        await engine.next(State.READY)


async def test_one_without_a_usable_voice_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    async with running(tmp_path) as engine:
        detail = (await engine.next(State.WAITING)).detail
        assert detail.count(f"No voice in {tmp_path} can be used") == 1
        assert "broken" in detail


PROGRAMS = {
    "says something else": ("print('hello')", "the engine did not start (exit code 0)"),
    "says JSON that is none of ours": ("print('[]')", "the engine did not start (exit code 0)"),
    "crashes": (
        "import sys; sys.stderr.write('Traceback\\nModuleNotFoundError: torch\\n\\n'); sys.exit(7)",
        "the engine did not start (exit code 7): ModuleNotFoundError: torch",
    ),
    "is killed": (
        "import os; os.write(2, b'\\xff bad bytes'); os.kill(os.getpid(), 11)",
        "the engine did not start (signal 11): \ufffd bad bytes",
    ),
    "says much at its end": (
        "import os; os.write(2, b'noise\\n' * 9000 + b'last words\\n'); os._exit(4)",
        "the engine did not start (exit code 4): last words",
    ),
    "says a line longer than any": (
        "import sys; sys.stderr.write('x' * 300_000 + '\\nlast words\\n'); sys.exit(3)",
        "the engine did not start (exit code 3): last words",
    ),
}


@pytest.mark.parametrize(("program", "sentence"), PROGRAMS.values(), ids=PROGRAMS)
async def test_other_ways_not_to_start(
    program: str, sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_program_instead(program, monkeypatch, tmp_path):
        async with running() as engine:
            assert (await engine.next(State.WAITING)).detail == f"{sentence}; starting it again"


async def test_last_words_are_those_of_the_one_that_died(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    program = f"""import os, sys
if os.path.exists({str(flag)!r}): os._exit(2)
open({str(flag)!r}, "w").close()
sys.exit("first words")"""
    with a_program_instead(program, monkeypatch, tmp_path):
        async with running() as engine:
            assert "(exit code 1): first words;" in (await engine.next(State.WAITING)).detail
            assert "(exit code 2);" in (await engine.next(State.WAITING)).detail


@pytest.mark.parametrize(
    "program",
    ["import time; time.sleep(60)", "import time; print('hello', flush=True); time.sleep(60)"],
    ids=["silent", "babbling"],
)
async def test_one_that_never_gets_ready(
    program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_program_instead(program, monkeypatch, tmp_path):
        async with running(start_timeout=0.2) as engine:
            assert (await engine.next(State.WAITING)).detail == (
                "the engine was not ready in 0.2 s (engine.start_timeout gives it more); starting it again"
            )


HANGS_LOADING = """
import http.server, json, os, sys, threading
espeak = [one for one in sys.argv if one.startswith("--engine.name")][-1] == "--engine.name=espeak"
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"status": "ready", "detail": "Ready.", "engines": [], "settled": espeak}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if not espeak:
            threading.Timer(0.05, os._exit, (CODE,)).start()
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(json.dumps({"listening": f"http://127.0.0.1:{server.server_port}"}), flush=True)
server.serve_forever()
"""


async def test_one_whose_gpu_hangs_twice_while_it_loads_goes_without_f5(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_program_instead(HANGS_LOADING.replace("CODE", "71"), monkeypatch, tmp_path):
        async with running(arguments=("--engine.name=f5",)) as engine:
            for _ in range(2):
                assert (await engine.next(State.READY)).detail == "Ready."
                assert "(exit code 71)" in (await engine.next(State.WAITING)).detail
            ready = await engine.next(State.READY)
            assert ready.detail.startswith("Ready. (f5 is left out: the GPU did not answer")
            assert psutil.Process(engine.child.pid).cmdline()[-1] == "--engine.name=espeak"


async def test_a_gpu_that_hangs_once_f5_is_ready_is_tried_again_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_program_instead(HANGS_LOADING.replace("CODE", "70"), monkeypatch, tmp_path):
        async with running(arguments=("--engine.name=f5",)) as engine:
            for _ in range(3):
                assert (await engine.next(State.READY)).detail == "Ready."
            ready = await engine.next(State.READY)
            assert "the GPU did not answer 3 times within 10 minutes" in ready.detail
            assert psutil.Process(engine.child.pid).cmdline()[-1] == "--engine.name=espeak"


async def test_hangs_that_lie_far_apart_are_each_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bot.speech.engine_child._WITHIN", 0.0)
    with a_program_instead(HANGS_LOADING.replace("CODE", "70"), monkeypatch, tmp_path):
        async with running(arguments=("--engine.name=f5",)) as engine:
            for _ in range(5):
                assert (await engine.next(State.READY)).detail == "Ready."


async def test_the_token_is_not_the_childs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is for an engine elsewhere; the child, asked without it, must answer."""
    monkeypatch.setenv("BOT_ENGINE__TOKEN", "secret")
    async with running() as engine:
        await engine.next(State.READY)
        assert "BOT_ENGINE__TOKEN" not in psutil.Process(engine.child.pid).environ()
        base = await engine.child.address()
        async with engine.session.get(f"{base}/v1/voices") as response:
            assert response.status == 200


async def test_the_child_is_out_of_reach_of_ctrl_c() -> None:
    async with running() as engine:
        await engine.next(State.READY)
        assert os.getpgid(engine.child.pid) != os.getpgid(0)


PARENT = """
import asyncio, sys, aiohttp
from pathlib import Path
from bot.messages import State
from bot.speech.engine_child import EngineChild

async def main():
    async with aiohttp.ClientSession() as session:
        def report(state):
            if state.state is State.READY:
                print(child.pid, flush=True)
        child = EngineChild(Path(sys.argv[1]), lambda: session, report)
        await child.run()

asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
async def test_the_child_goes_with_its_parent_however_that_goes(how: signal.Signals) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(VOICES)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 20))
    assert psutil.pid_exists(pid)
    parent.send_signal(how)
    died = time.monotonic()
    await asyncio.wait_for(parent.wait(), 5)
    assert await gone(pid, died + 1 - time.monotonic())


async def test_a_child_that_is_cancelled_while_it_starts_is_gone() -> None:
    async with running() as engine:
        await until(lambda: engine.child.pid)
        pid = engine.child.pid
    assert await gone(pid, 1)


HANGS_LATER = """
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Handler.asked += 1
        status = "ready" if Handler.asked < 3 else "failed"
        body = json.dumps({"status": status, "detail": "f5 hangs", "engines": [], "settled": False}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(json.dumps({"listening": f"http://127.0.0.1:{server.server_port}"}), flush=True)
server.serve_forever()
"""


async def test_one_that_says_that_it_hangs_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bot.speech.engine_link._UNSETTLED_EVERY", 0.01)
    with a_program_instead(HANGS_LATER, monkeypatch, tmp_path):
        async with running() as engine:
            await engine.next(State.READY)
            pid = engine.child.pid
            assert (await engine.next(State.WAITING)).detail == "f5 hangs; starting it again"
            assert await gone(pid, 1)
            await engine.next(State.READY)

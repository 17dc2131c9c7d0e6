"""The process that holds one contestant: reads requests as lines of JSON, answers each with one."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import Any, TextIO

import numpy as np
import torch

from bot.bench.engine.case import Case
from bot.bench.engine.contestant import Contestant, Files


class Worker:
    def __init__(self, files: Files) -> None:
        self._files = files
        self._contestant: Contestant | None = None

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What `asked["do"]` gives; faults are the caller's."""
        case = Case(**asked["case"]) if "case" in asked else Case()
        match asked["do"]:
            case "machine":
                return self._machine(asked["size"])
            case "load":
                self._contestant = self._load(**asked["model"])
                return {"resident": self._contestant.resident}
            case "warm":
                self._here.warm(case)
                return {}
            case "run":
                run, mel = self._here.run(case)
                if asked.get("mel"):
                    np.save(asked["mel"], mel.numpy())
                return asdict(run)
            case "stream":
                from bot.bench.engine.ours import Ours
                from bot.bench.engine.streaming import stream

                assert isinstance(self._here, Ours), "stock cannot stream"
                return stream(self._here, case).json()
            case "profile":
                self._here.profile(case)  # its shapes are its own: what is done but once is done before
                return dict(self._here.profile(case))
            case other:
                raise ValueError(f"unknown request {other!r}")

    @property
    def _here(self) -> Contestant:
        assert self._contestant is not None, "load comes first"
        return self._contestant

    def _load(self, kind: str, precision: str, compiled: bool, graphs: bool) -> Contestant:
        if kind == "ours":
            from bot.bench.engine.ours import Ours

            return Ours(self._files, precision, compiled, graphs)
        from bot.bench.engine.stock import Stock

        return Stock(self._files, precision, recipe=kind == "recipe")

    def _machine(self, size: int | None) -> dict[str, Any]:
        from bot.bench.engine.ceilings import ceilings

        device = torch.device(self._files.device)
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
        facts = {"gpu": name, "torch": torch.__version__, "threads": torch.get_num_threads()}
        return {"facts": facts, "ceilings": asdict(ceilings(device, size))}


def serve(worker: Worker, requests: TextIO, answers: TextIO) -> None:
    """One answer a line; a fault is answered too, and costs its request alone."""
    for line in requests:
        try:
            answer = worker.answer(json.loads(line))
        except Exception as fault:
            text = " ".join(str(fault).split())
            answer = {"fault": f"{type(fault).__name__}: {text[:300]}" if text else type(fault).__name__}
        print(json.dumps(answer), file=answers, flush=True)


def main(files: str) -> None:
    from bot.engine.f5.loading import device_of

    # What libraries print is not an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    given = Files(**json.loads(files))
    device = device_of(given.device)
    serve(Worker(Files(**{**asdict(given), "device": str(device)})), sys.stdin, answers)


if __name__ == "__main__":
    main(sys.argv[1])

"""What holds of every simulated evening, whatever comes: the real queue and estimator on a virtual clock."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest

from bot.bench import evening
from bot.bench.evening import EVENING, Felt, Phase, simulate, table
from bot.messages import Rank, Utterance
from bot.speech.queue import Limits, SpeechQueue

PHASES: dict[str, tuple[Phase, ...]] = {
    "evening": EVENING,
    "quiet": (Phase("quiet", 600, 0.05, pays=90),),
    "busy": (Phase("busy", 600, 0.6, pays=30),),
    "rush": (Phase("rush", 300, 2, pays=20),),
    "raid": (Phase("raid", 60, 15, pays=15),),
    "flood": (Phase("flood", 20, 1000, pays=5), Phase("after", 120, 0.1)),
    "spammer": (Phase("spammer", 300, 1, spam=0.9),),
    "generous": (Phase("generous", 300, 2, spam=0.5, pays=3),),  # about all that can be spoken is paid for
    "two floods": (Phase("one", 5, 1000, pays=2), Phase("calm", 60, 0.2), Phase("two", 5, 1000, pays=2)),
}
# A whole evening takes a second or more.
CASES = [(name, seed) for name in PHASES for seed in ((1, 2) if name == "evening" else (1, 2, 3, 4))]


@cache
def felt_in(name: str, seed: int) -> Felt:
    return simulate(PHASES[name], seed=seed)


def share(felt: Felt, rank: Rank) -> float:
    return felt.spoken[rank] / felt.sent[rank] if felt.sent[rank] else 1.0


every = pytest.mark.parametrize(("name", "seed"), CASES)


@every
def test_every_paid_message_is_spoken(name: str, seed: int) -> None:
    felt = felt_in(name, seed)
    assert felt.sent[Rank.PAID] > 0
    assert felt.paid_dropped == 0
    assert felt.spoken[Rank.PAID] == felt.sent[Rank.PAID]


@every
def test_what_is_paid_for_waits_for_the_utterance_under_way_alone(name: str, seed: int) -> None:
    felt = felt_in(name, seed)
    assert len(felt.paid_after_current) == felt.sent[Rank.PAID]
    assert max(felt.paid_after_current) <= 1


@every
def test_nobody_is_heard_twice_in_a_row_while_others_wait(name: str, seed: int) -> None:
    assert felt_in(name, seed).longest_run == 1


@every
def test_nothing_that_nobody_paid_for_is_too_old(name: str, seed: int) -> None:
    assert felt_in(name, seed).oldest <= Limits().max_age


@every
def test_the_backlog_is_known(name: str, seed: int) -> None:
    assert felt_in(name, seed).estimate_error <= 0.15


@every
def test_whatever_comes_is_spoken_or_dropped(name: str, seed: int) -> None:
    felt = felt_in(name, seed)
    assert felt.spoken.total() + felt.dropped.total() == felt.sent.total()
    assert all(felt.spoken[rank] == len(felt.waits[rank]) for rank in Rank)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["rush", "raid", "flood"])
def test_the_greater_rank_has_the_greater_share(name: str, seed: int) -> None:
    felt = felt_in(name, seed)
    shares = [share(felt, rank) for rank in sorted(Rank, reverse=True)]
    assert shares[0] == 1
    # The first few find an empty queue, whoever they are: less than half a percent.
    assert all(more >= less - 0.005 for more, less in pairwise(shares))
    assert share(felt, Rank.VIEWER) < 0.1


def test_a_quiet_evening_loses_nothing_and_hardly_waits() -> None:
    felt = felt_in("quiet", 1)
    assert felt.spoken == felt.sent
    assert felt.oldest < 15


@pytest.mark.parametrize("max_age", [5, 20])
def test_the_limits_of_the_streamer_hold(max_age: float) -> None:
    felt = simulate(PHASES["rush"], Limits(seconds=1000, length=10_000, max_age=max_age))
    assert felt.oldest <= max_age
    assert felt.dropped["stale"] > 0
    assert felt.paid_dropped == 0


def test_an_evening_is_the_same_for_the_same_seed() -> None:
    assert simulate(PHASES["rush"], seed=7) == simulate(PHASES["rush"], seed=7)
    assert simulate(PHASES["rush"], seed=7) != simulate(PHASES["rush"], seed=8)


class InOrder(SpeechQueue):
    """Speaks in the order in which all came, whoever paid."""

    def _next(self, now: float) -> Utterance | None:
        return min(self, key=lambda utterance: int(utterance.id), default=None)


def test_a_queue_without_a_policy_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evening, "SpeechQueue", InOrder)
    assert max(simulate(PHASES["rush"]).paid_after_current) > 10
    assert simulate(PHASES["spammer"]).longest_run > 1


def test_the_table_tells_what_a_streamer_would_feel() -> None:
    lines = table(felt_in("evening", 1)).splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["paid", "moderator", "subscriber", "viewer"]
    assert "(100.0%)" in lines[1]
    assert "paid lost 0" in lines[-1]

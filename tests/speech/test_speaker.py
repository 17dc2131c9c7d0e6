"""The speaker with a voice and an ear that do each step when the test says so."""

from __future__ import annotations

import asyncio

import pytest

from bot.messages import Author, Gift, Rank, Speaking, Spoken, Trouble, Utterance, Worth
from bot.speech.engine_link import EngineLost, EngineRefused
from tests.speech.speaking import Stage, running, settle


async def test_one_after_the_other_the_next_is_made_while_the_last_is_heard() -> None:
    async with running() as stage:
        a, b = stage.put("a", "b")
        await settle()
        assert stage.voice.begun == ["a"]
        stage.voice.step()
        stage.voice.end()
        await settle()
        assert (stage.ear.played, stage.ear.ended) == (["a"], ["a"])
        assert stage.voice.begun == ["a", "b"]
        assert stage.under_way == ["a", "b"]
        stage.speaker.started(a, 1000.25)
        stage.speaker.finished(a, 1001, True)
        assert stage.under_way == ["b"]
        stage.voice.end()
        await settle()
        stage.speaker.finished(b, 1002, True)
        assert stage.under_way == []
        assert stage.entries == [Speaking(a, 0.25), Spoken(a), Spoken(b)]


async def test_retracted_while_queued() -> None:
    async with running() as stage:
        stage.put("a", "b", "c")
        await settle()
        stage.retract("b")
        assert stage.dropped == [("b", "deleted")]
        stage.voice.end()
        await settle()
        assert stage.voice.begun == ["a", "c"]
        assert stage.ear.cuts == []


async def test_retracted_while_it_is_made() -> None:
    async with running() as stage:
        a, _ = stage.put("a", "b")
        await settle()
        stage.voice.step()
        await settle()
        stage.retract("a")
        assert stage.dropped == [("a", "deleted")]
        assert stage.ear.cuts == ["a"]
        await settle()
        assert stage.voice.closed == ["a"]
        assert stage.voice.begun == ["a", "b"]
        assert "a" not in stage.ear.ended
        stage.speaker.finished(a, 1001, False)
        assert stage.dropped == [("a", "deleted")]


async def test_retracted_while_the_ear_is_full() -> None:
    async with running() as stage:
        stage.put("a", "b")
        stage.ear.room.clear()
        stage.voice.step()
        await settle()
        stage.retract("a")
        await settle()
        assert stage.voice.closed == ["a"]
        assert stage.voice.begun == ["a", "b"]
        assert stage.ear.played == []


async def test_retracted_while_it_is_heard() -> None:
    async with running() as stage:
        a, _ = stage.put("a", "b")
        stage.voice.step()
        stage.voice.end()
        await settle()
        stage.speaker.started(a, 1000.2)
        stage.retract("a")
        await settle()
        assert stage.ear.cuts == ["a"]
        assert stage.dropped == [("a", "deleted")]
        assert stage.under_way == ["b"]
        assert stage.voice.closed == ["a"]  # the one being made is let be
        # The player's last word crosses the retraction: it is not Spoken, for it was not.
        stage.speaker.finished(a, 1001, False)
        stage.speaker.finished(a, 1001, True)
        assert not [entry for entry in stage.entries if isinstance(entry, Spoken)]


async def test_everything_of_somebody_is_retracted_at_once() -> None:
    async with running() as stage:
        stage.put("heard", "made", "queued", "another")
        stage.voice.end()
        await settle()
        stage.retract("heard", "made", "queued")
        await settle()
        assert sorted(stage.dropped) == [("heard", "deleted"), ("made", "deleted"), ("queued", "deleted")]
        assert stage.voice.begun == ["heard", "made", "another"]


async def test_retracting_twice_or_nothing_says_nothing_more() -> None:
    async with running() as stage:
        stage.put("a")
        await settle()
        for _ in range(2):
            stage.retract("a", "z")
            await settle()
        assert stage.dropped == [("a", "deleted")]


@pytest.mark.parametrize("failure", [EngineRefused("no such voice"), EngineLost("it died")])
@pytest.mark.parametrize("pieces", [0, 2])
async def test_what_the_engine_will_not_speak_costs_only_itself(failure: Exception, pieces: int) -> None:
    async with running() as stage:
        stage.put("a", "b")
        for _ in range(pieces):
            stage.voice.step()
        stage.voice.end(failure)
        await settle()
        assert stage.dropped == [("a", "engine")]
        assert stage.ear.cuts == ["a"]
        assert stage.ear.ended == []
        assert stage.under_way == ["b"]
        assert [entry.detail for entry in stage.entries if isinstance(entry, Trouble)] == [
            f"the engine did not speak a message: {failure}"
        ]
        stage.voice.end()
        await settle()
        assert stage.ear.ended == ["b"]


async def test_a_bug_in_the_voice_ends_the_speaker() -> None:
    stage = Stage()
    stage.put("a")
    stage.voice.end(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(stage.speaker.run(), 1)


async def test_cancelling_the_speaker_closes_the_voice() -> None:
    stage = Stage()
    task = asyncio.create_task(stage.speaker.run())
    stage.put("a")
    await settle()
    task.cancel()
    await settle()
    assert task.cancelled()
    assert stage.voice.closed == ["a"]


# ------------------------------------------------------------------ until_idle


async def test_idle_from_the_start() -> None:
    async with running() as stage:
        await asyncio.wait_for(stage.speaker.until_idle(), 1)


async def test_idle_once_the_last_sample_was_heard() -> None:
    async with running() as stage:
        a, b = stage.put("a", "b")
        idle = asyncio.create_task(stage.speaker.until_idle())
        stage.voice.end()
        stage.voice.end()
        await settle()
        assert stage.ear.ended == ["a", "b"]
        assert not idle.done()
        stage.speaker.finished(a, 1001, True)
        await settle()
        assert not idle.done()
        stage.speaker.finished(b, 1002, True)
        await asyncio.wait_for(idle, 1)


async def test_idle_though_between_two_utterances_nothing_is_under_way() -> None:
    async with running() as stage:
        (a,) = stage.put("a")
        idle = asyncio.create_task(stage.speaker.until_idle())
        await settle()
        stage.voice.end()
        stage.put("b")
        stage.speaker.finished(a, 1001, True)
        await settle()
        assert stage.under_way == ["b"]
        assert not idle.done()


async def test_idle_when_the_engine_fails_and_all_that_waits_is_stale() -> None:
    """What is dropped unspoken wakes whoever waits for the end, too."""
    async with running() as stage:
        stage.put("a", "b", "c")
        idle = asyncio.create_task(stage.speaker.until_idle())
        await settle()
        stage.now += 100
        stage.voice.end(EngineLost("it hangs"))
        await settle()
        assert stage.dropped == [("a", "engine"), ("b", "stale"), ("c", "stale")]
        await asyncio.wait_for(idle, 1)


async def test_idle_when_the_rest_is_retracted_before_it_is_taken() -> None:
    async with running() as stage:
        idle = asyncio.create_task(stage.speaker.until_idle())
        stage.put("a")
        stage.retract("a")
        await asyncio.wait_for(idle, 1)
        stage.put("b", "c")
        await settle()
        idle = asyncio.create_task(stage.speaker.until_idle())
        await settle()
        stage.retract("b", "c")
        await asyncio.wait_for(idle, 1)


# ------------------------------------------------------------------ giving way, and skipping


async def test_what_cannot_be_heard_yet_gives_way() -> None:
    async with running() as stage:
        stage.put("a", "b")
        await settle()
        stage.speaker.give_way()
        await settle()
        assert stage.ear.cuts == ["a"]
        assert stage.voice.closed == ["a"]
        assert stage.dropped == []
        assert stage.voice.begun == ["a", "a+"]
        assert stage.under_way == ["a+"]


async def test_what_was_made_while_another_is_heard_is_put_back() -> None:
    async with running() as stage:
        a, _ = stage.put("a", "b")
        await make(stage)
        stage.speaker.started(a, 1000.1)
        await make(stage)
        assert stage.under_way == ["a", "b"]
        stage.queue.paused = True
        stage.speaker.put_back()
        stage.speaker.put_back()  # what is heard stays
        await settle()
        assert (stage.under_way, stage.ear.cuts) == (["a"], ["b"])
        stage.queue.resume()
        await settle()
        assert stage.under_way == ["a", "b+"]


async def one_heard_one_made_one_being_made(stage: Stage) -> None:
    a, _, _ = stage.put("a", "b", "c")
    await make(stage)
    stage.speaker.started(a, 1000.1)
    await make(stage)
    stage.queue.paused = True
    assert stage.under_way == ["a", "b", "c"]


async def test_all_that_cannot_be_heard_yet_is_put_back_each_as_itself() -> None:
    async with running() as stage:
        await one_heard_one_made_one_being_made(stage)
        for _ in range(2):
            stage.speaker.put_back()
            await settle()
            assert stage.under_way == ["a"]
            assert [(one.id, one.text) for one in stage.queue] == [("b+", "b"), ("c+", "c")]
        assert stage.dropped == []
        stage.queue.resume()
        await settle()
        await make(stage)
        assert [(one.id, one.text) for one in stage.speaker.under_way[1:]] == [("b+", "b"), ("c+", "c")]


async def test_what_is_deleted_is_not_put_back_in_anothers_stead() -> None:
    async with running() as stage:
        await one_heard_one_made_one_being_made(stage)
        stage.retract("c")
        await settle()
        stage.speaker.put_back()
        await settle()
        assert stage.under_way == ["a"]
        assert [(one.id, one.text) for one in stage.queue] == [("b+", "b")]
        assert stage.dropped == [("c", "deleted")]


async def test_what_was_just_deleted_does_not_give_way() -> None:
    """Before the speaker has come to the next one."""
    async with running() as stage:
        stage.put("a")
        await settle()
        stage.retract("a")
        stage.speaker.give_way()
        await settle()
        assert (stage.under_way, len(stage.queue)) == ([], 0)


async def make(stage: Stage) -> None:
    """The one that is being made is made to its end."""
    stage.voice.step()
    stage.voice.end()
    await settle()


async def test_what_is_heard_does_not_give_way() -> None:
    async with running() as stage:
        (a,) = stage.put("a")
        stage.voice.step()
        await settle()
        stage.speaker.started(a, 1000.1)
        stage.speaker.give_way()
        await settle()
        assert stage.ear.cuts == []
        assert stage.under_way == ["a"]


async def test_what_was_paid_for_does_not_give_way() -> None:
    """Else it would begin anew with every payment, and not end as long as others pay."""
    async with running() as stage:
        event = Gift(
            source="t", channel="c", id="g", author=Author("1", "A"), gift="x", worth=Worth(1, "USD")
        )
        stage.queue.put(
            Utterance(id="p", text="p", voice="mei", received_at=1000, event=event, rank=Rank.PAID)
        )
        await settle()
        stage.speaker.give_way()
        await settle()
        assert stage.voice.begun == ["p"]
        assert stage.under_way == ["p"]


async def test_idle_is_not_told_while_something_was_put_back() -> None:
    async with running() as stage:
        stage.put("a")
        await settle()
        idle = asyncio.create_task(stage.speaker.until_idle())
        await settle()
        stage.speaker.give_way()
        await settle()
        assert not idle.done()
        stage.retract("a+")
        await asyncio.wait_for(idle, 1)

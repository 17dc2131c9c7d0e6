"""The client of the speech API against a server that breaks off, hangs, refuses and lies, by the sample."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import pytest
from numpy.typing import NDArray

from bot.messages import AudioChunk, Utterance
from bot.speech.engine_link import UNAUTHORIZED, EngineLost, EngineRefused
from bot.speech.synthesizer import Synthesizer
from tests.fakes.speech_server import Answer, SpeechServer, heard, sound

TEXT = "hello there everybody. how are you today?"
FIRST, SECOND = "hello there everybody.", "how are you today?"


class Link:
    """An engine that is always back at once."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.suspected = 0

    async def run(self) -> None: ...

    async def address(self) -> str:
        return self.base

    def suspect(self) -> None:
        self.suspected += 1


@pytest.fixture
async def server() -> AsyncIterator[SpeechServer]:
    async with SpeechServer() as server:
        yield server


@pytest.fixture
def link(server: SpeechServer) -> Link:
    return Link(server.url)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def synthesizer(link: Link, session: aiohttp.ClientSession) -> Synthesizer:
    return Synthesizer(link, lambda: session, model="tts-9", answer_timeout=0.2)


def utterance(text: str = FIRST) -> Utterance:
    return Utterance(id="u", text=text, voice="mei", speed=1.25)


async def speak(synthesizer: Synthesizer, text: str = FIRST) -> list[AudioChunk]:
    async with asyncio.timeout(10):
        return [chunk async for chunk in synthesizer.speak(utterance(text))]


def joined(chunks: list[AudioChunk]) -> NDArray[np.float32]:
    return np.concatenate([chunk.samples for chunk in chunks]) if chunks else np.zeros(0, np.float32)


async def test_every_clause_is_asked_for_and_every_sample_comes(
    synthesizer: Synthesizer, server: SpeechServer, link: Link
) -> None:
    chunks = await speak(synthesizer, TEXT)
    np.testing.assert_array_equal(joined(chunks), np.concatenate([heard(FIRST), heard(SECOND)]))
    assert server.requests == [
        {"model": "tts-9", "input": clause, "voice": "mei", "speed": 1.25, "response_format": "pcm"}
        for clause in (FIRST, SECOND)
    ]
    assert {chunk.rate for chunk in chunks} == {24_000}
    assert all(0 < len(chunk.samples) <= 4800 for chunk in chunks)
    assert all(chunk.samples.dtype == np.float32 for chunk in chunks)
    assert link.suspected == 0


async def test_the_first_sample_does_not_wait_for_the_last(
    synthesizer: Synthesizer, server: SpeechServer, link: Link
) -> None:
    server.script(Answer(hang_after=4000))
    chunks = synthesizer.speak(utterance())
    first = await asyncio.wait_for(anext(chunks), 5)
    assert len(first.samples) > 0
    assert (len(server.requests), link.suspected) == (1, 0)  # it came before the engine was given up
    await chunks.aclose()


@pytest.mark.parametrize("sizes", [(1,) * 40, (1, 2, 3, 4, 5), (9601, 1, 19199), (2, 1, 1), (7,) * 30])
async def test_samples_are_whole_however_the_bytes_are_cut(
    sizes: tuple[int, ...], synthesizer: Synthesizer, server: SpeechServer
) -> None:
    server.script(Answer(sizes=sizes))
    np.testing.assert_array_equal(joined(await speak(synthesizer)), heard(FIRST))


async def test_half_a_sample_at_the_end_is_dropped(synthesizer: Synthesizer, server: SpeechServer) -> None:
    server.script(Answer(body=sound("ab") + b"\x01"))
    np.testing.assert_array_equal(joined(await speak(synthesizer)), heard("ab"))


async def test_an_answer_without_sound_is_silence(synthesizer: Synthesizer, server: SpeechServer) -> None:
    server.script(Answer(body=b""))
    assert await speak(synthesizer) == []


async def test_full_scale_stays_within_one(synthesizer: Synthesizer, server: SpeechServer) -> None:
    server.script(Answer(body=b"\x00\x80\xff\x7f\x00\x00"))
    assert joined(await speak(synthesizer)).tolist() == [-1.0, 32767 / 32768, 0.0]


@pytest.mark.parametrize(
    ("content_type", "rate"),
    [
        ("audio/pcm", 24_000),
        ("audio/pcm;rate=22050;channels=1", 22_050),
        ("audio/L16; RATE = 48000", 48_000),
        ("application/octet-stream", 24_000),
        ("audio/pcm;rate=", 24_000),
        ("audio/pcm;rate=fast", 24_000),
        ("audio/pcm;rate=-1", 24_000),
        ("audio/pcm;rate=²", 24_000),
        ("audio/pcm;rate", 24_000),
    ],
)
async def test_the_rate_is_the_answers(
    content_type: str, rate: int, synthesizer: Synthesizer, server: SpeechServer
) -> None:
    server.script(Answer(content_type=content_type))
    chunks = await speak(synthesizer)
    assert {chunk.rate for chunk in chunks} == {rate}
    np.testing.assert_array_equal(joined(chunks), heard(FIRST))


@pytest.mark.parametrize(
    ("content_type", "words"),
    [
        ("audio/pcm;rate=0", "PCM at 0 samples"),
        ("audio/pcm;rate=99999999999999999999", "PCM at 999999999 samples"),
        ("audio/mpeg", "'audio/mpeg' where PCM"),
        ("audio/wav", "'audio/wav' where PCM"),
        ("audio/x-wav; rate=24000", "where PCM"),
        ("application/json", "where PCM"),
        ("text/html; charset=utf-8", "where PCM"),
    ],
)
async def test_what_is_not_pcm_is_not_played_as_noise(
    content_type: str, words: str, synthesizer: Synthesizer, server: SpeechServer, link: Link
) -> None:
    server.script(Answer(content_type=content_type))
    with pytest.raises(EngineRefused, match=words):
        await speak(synthesizer)
    assert link.suspected == 0


# ------------------------------------------------------------------ the engine dies


@pytest.mark.parametrize(
    "cut_after", [0, 1, 2, 1001, 9_600, 30_001, len(sound(FIRST)) - 1, len(sound(FIRST))]
)
async def test_an_engine_that_repeats_itself_is_resumed_to_the_sample(
    cut_after: int, synthesizer: Synthesizer, server: SpeechServer, link: Link
) -> None:
    server.script(Answer(cut_after=cut_after))
    chunks = await speak(synthesizer, TEXT)
    np.testing.assert_array_equal(joined(chunks), np.concatenate([heard(FIRST), heard(SECOND)]))
    assert server.inputs == [FIRST, FIRST, SECOND]
    assert link.suspected == 1


async def test_it_may_break_off_twice_in_each_clause(
    synthesizer: Synthesizer, server: SpeechServer, link: Link
) -> None:
    """The second time before it has even repeated what was heard."""
    server.script(
        Answer(cut_after=20_001),
        Answer(cut_after=5_000),
        Answer(),
        Answer(cut_after=10),
        Answer(cut_after=30),
    )
    chunks = await speak(synthesizer, TEXT)
    np.testing.assert_array_equal(joined(chunks), np.concatenate([heard(FIRST), heard(SECOND)]))
    assert link.suspected == 4


async def test_a_resumed_answer_may_come_in_any_bytes(synthesizer: Synthesizer, server: SpeechServer) -> None:
    server.script(Answer(cut_after=101), Answer(sizes=(1,) * 150))
    np.testing.assert_array_equal(joined(await speak(synthesizer)), heard(FIRST))


async def test_an_engine_that_does_not_repeat_itself_says_the_clause_again(
    synthesizer: Synthesizer, server: SpeechServer
) -> None:
    other = sound(FIRST, salt="other")
    server.script(Answer(cut_after=20_001), Answer(body=other))
    chunks = await speak(synthesizer, TEXT)
    np.testing.assert_array_equal(
        joined(chunks), np.concatenate([heard(FIRST)[:10_000], heard(FIRST, "other"), heard(SECOND)])
    )


@pytest.mark.parametrize("cut_after", [5, 6_000, 30_000])
async def test_after_a_clause_was_begun_again_the_new_beginning_is_what_is_resumed(
    cut_after: int, synthesizer: Synthesizer, server: SpeechServer
) -> None:
    other = sound(FIRST, salt="other")
    server.script(Answer(cut_after=20_000), Answer(body=other, cut_after=cut_after), Answer(body=other))
    np.testing.assert_array_equal(
        joined(await speak(synthesizer)), np.concatenate([heard(FIRST)[:10_000], heard(FIRST, "other")])
    )


async def test_a_shorter_answer_that_agrees_adds_nothing(
    synthesizer: Synthesizer, server: SpeechServer
) -> None:
    server.script(Answer(cut_after=20_000), Answer(body=sound(FIRST)[:15_000]))
    np.testing.assert_array_equal(joined(await speak(synthesizer)), heard(FIRST)[:10_000])


async def test_a_shorter_answer_that_differs_is_heard_in_pieces(
    synthesizer: Synthesizer, server: SpeechServer
) -> None:
    server.script(Answer(cut_after=40_000), Answer(body=sound("other")[:30_000]))
    chunks = await speak(synthesizer)
    np.testing.assert_array_equal(
        joined(chunks), np.concatenate([heard(FIRST)[:20_000], heard("other")[:15_000]])
    )
    assert max(len(chunk.samples) for chunk in chunks) <= 4800


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(cut_after=100), "the engine broke off"),
        (Answer(hang_after=100), "the engine broke off"),
        (Answer(hang_after=0), "the engine broke off"),
        (Answer(500), "the engine answered 500"),
        (Answer(503), "the engine answered 503"),
    ],
    ids=str,
)
async def test_a_clause_that_costs_three_engines_is_given_up(
    answer: Answer, words: str, synthesizer: Synthesizer, server: SpeechServer, link: Link
) -> None:
    server.script(answer, answer, answer)
    with pytest.raises(EngineLost, match=words):
        await speak(synthesizer, TEXT)
    assert server.inputs == [FIRST] * 3
    assert link.suspected == 3
    server.release()
    # The next message is spoken.
    np.testing.assert_array_equal(joined(await speak(synthesizer, SECOND)), heard(SECOND))


async def test_nobody_there_is_an_engine_lost(
    synthesizer: Synthesizer, server: SpeechServer, link: Link
) -> None:
    await server.stop()
    with pytest.raises(EngineLost, match="ClientConnectorError"):
        await speak(synthesizer)
    assert link.suspected == 3


async def test_a_hung_engine_is_resumed_elsewhere(synthesizer: Synthesizer, server: SpeechServer) -> None:
    server.script(Answer(hang_after=20_000))
    np.testing.assert_array_equal(joined(await speak(synthesizer)), heard(FIRST))


# ------------------------------------------------------------------ the engine refuses


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(400, b'{"error": {"message": "speed must be a number"}}'), "speed must be a number"),
        (Answer(404, b'{"error": {"message": "There is no voice mei."}}'), "There is no voice mei."),
        (Answer(401, b'{"error": {"message": "no"}}'), UNAUTHORIZED),
        (Answer(404, b"<h1>404</h1>"), "the engine answered 404"),
        (Answer(422, b'{"detail": []}'), "the engine answered 422"),
        (Answer(400, b"[]"), "the engine answered 400"),
        (Answer(400, b'{"error": "text"}'), "the engine answered 400"),
        (Answer(400, b"\xff\xfe"), "the engine answered 400"),
        (Answer(400, b"[" * 100_000), "the engine answered 400"),
        (Answer(400, b'{"error": {"message": "' + b"x" * 9999 + b'"}}'), "x" * 300),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_refusal_is_said_once_in_its_own_words(
    answer: Answer, words: str, synthesizer: Synthesizer, server: SpeechServer, link: Link
) -> None:
    server.script(answer)
    with pytest.raises(EngineRefused) as error:
        await speak(synthesizer)
    assert str(error.value) == words
    assert len(server.requests) == 1
    assert link.suspected == 0


# ------------------------------------------------------------------ it is cut


async def test_closing_ends_the_request(synthesizer: Synthesizer, server: SpeechServer) -> None:
    server.script(Answer(hang_after=4000))
    chunks = synthesizer.speak(utterance())
    await anext(chunks)
    await chunks.aclose()
    assert len(server.requests) == 1
    np.testing.assert_array_equal(joined(await speak(synthesizer, SECOND)), heard(SECOND))


async def test_cancelling_is_not_taken_for_a_loss(
    synthesizer: Synthesizer, server: SpeechServer, link: Link
) -> None:
    server.script(Answer(hang_after=0))
    task = asyncio.create_task(speak(synthesizer))
    await server.asked(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert link.suspected == 0
    assert len(server.requests) == 1


async def test_a_slow_listener_is_no_hung_engine(synthesizer: Synthesizer, server: SpeechServer) -> None:
    """While the player's buffer is full nobody reads, longer than the engine may be silent."""
    text = "x" * 80  # 3.8 MB of sound: more than any buffer on the way holds
    server.script(*[Answer(body=sound(text) * 10)])
    chunks = []
    async with asyncio.timeout(10):
        async for number, chunk in _numbered(synthesizer, text):
            if number == 1:
                await asyncio.sleep(0.5)
            chunks.append(chunk)
    np.testing.assert_array_equal(joined(chunks), np.tile(heard(text), 10))
    assert len(server.requests) == 1


async def _numbered(synthesizer: Synthesizer, text: str) -> AsyncIterator[tuple[int, AudioChunk]]:
    numbers = itertools.count()
    async for chunk in synthesizer.speak(utterance(text)):
        yield next(numbers), chunk

"""Bounded concurrency: many questions under way, few answers in memory."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

_AHEAD = 8


def answers(
    ask: Callable[[Question], Answer], questions: Iterable[Question], concurrency: int
) -> Generator[Answer, None, None]:
    """The answers to all questions, in their order, asked by `concurrency` threads.

    Questions are taken from the iterable only as answers are consumed, so that both sides stay
    bounded. `ask` must not raise. The threads are daemons: nothing waits for them on the way out.
    """
    to_ask: queue.SimpleQueue[tuple[int, Question] | None] = queue.SimpleQueue()
    answered: queue.SimpleQueue[tuple[int, Answer]] = queue.SimpleQueue()
    out_of_turn: dict[int, Answer] = {}

    def work() -> None:
        while (numbered := to_ask.get()) is not None:
            number, question = numbered
            answered.put((number, ask(question)))

    def answer_to(wanted: int) -> Answer:
        while wanted not in out_of_turn:
            number, answer = answered.get()
            out_of_turn[number] = answer
        return out_of_turn.pop(wanted)

    for _ in range(concurrency):
        threading.Thread(target=work, daemon=True).start()
    asked = yielded = 0
    try:
        for question in questions:
            to_ask.put((asked, question))
            asked += 1
            if asked - yielded >= concurrency * _AHEAD:
                yield answer_to(yielded)
                yielded += 1
        while yielded < asked:
            yield answer_to(yielded)
            yielded += 1
    finally:
        _abandon(to_ask, concurrency)


def _abandon(to_ask: "queue.SimpleQueue[tuple[int, Question] | None]", concurrency: int) -> None:
    """Take back what nobody has begun, and let the threads end."""
    try:
        while True:
            to_ask.get_nowait()
    except queue.Empty:
        for _ in range(concurrency):
            to_ask.put(None)

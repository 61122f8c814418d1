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
    """The answers to all questions, as they come, asked by `concurrency` threads.

    Questions are taken from the iterable only as answers are consumed, so that both sides stay
    bounded. `ask` must not raise. The threads are daemons: nothing waits for them on the way out.
    """
    to_ask: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
    answered: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def work() -> None:
        while (question := to_ask.get()) is not None:
            answered.put(ask(question))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    under_way = 0
    try:
        for question in questions:
            to_ask.put(question)
            under_way += 1
            if under_way >= concurrency * _AHEAD:
                yield answered.get()
                under_way -= 1
        while under_way:
            yield answered.get()
            under_way -= 1
    finally:
        _abandon(to_ask, concurrency)


def _abandon(to_ask: "queue.SimpleQueue[Question | None]", concurrency: int) -> None:
    """Take back what nobody has begun, and let the threads end."""
    try:
        while True:
            to_ask.get_nowait()
    except queue.Empty:
        for _ in range(concurrency):
            to_ask.put(None)

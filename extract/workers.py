"""Work in threads, with limits on concurrency, memory and time."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, wait
from typing import TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

Result = TypeVar("Result")

_AHEAD = 8
PAUSE_SECONDS = 2


def answers(
    ask: Callable[[Question], Answer],
    questions: Iterable[Question],
    concurrency: int,
    in_a_pause: Callable[[], object] = lambda: None,
) -> Generator[Answer, None, None]:
    """The answers to all questions as they come in, asked by `concurrency` threads.

    Questions are taken from the iterable only as answers are consumed, so that both sides stay
    bounded. `ask` must not raise. `in_a_pause` is called whenever nothing has come in for two
    seconds. The threads are daemons: nothing waits for them on the way out.
    """
    to_ask: queue.SimpleQueue[tuple[Question] | None] = queue.SimpleQueue()
    answered: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def work() -> None:
        while (question := to_ask.get()) is not None:
            answered.put(ask(*question))

    def next_answer() -> Answer:
        while True:
            try:
                return answered.get(timeout=PAUSE_SECONDS)
            except queue.Empty:
                in_a_pause()

    for _ in range(concurrency):
        threading.Thread(target=work, daemon=True).start()
    under_way = 0
    try:
        for question in questions:
            to_ask.put((question,))
            under_way += 1
            if under_way >= concurrency * _AHEAD:
                yield next_answer()
                under_way -= 1
        for _ in range(under_way):
            yield next_answer()
    finally:
        _abandon(to_ask, concurrency)


def _abandon(to_ask: "queue.SimpleQueue[tuple[Question] | None]", concurrency: int) -> None:
    """Discard what no thread has started on, and end the threads."""
    try:
        while True:
            to_ask.get_nowait()
    except queue.Empty:
        for _ in range(concurrency):
            to_ask.put(None)


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What the work comes to, or raises. Raises TimeoutError where that takes too long.

    Then the work is left to itself, in a thread that nothing waits for on the way out.
    """
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except Exception as error:
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    wait([outcome], timeout=seconds)
    if not outcome.done():
        raise TimeoutError(f"not done within {seconds:g} seconds")
    return outcome.result()

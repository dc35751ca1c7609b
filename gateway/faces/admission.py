"""How many requests are worked on at once: more are turned away at the door, with the time to wait."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.faces.problems import problem

__all__ = ["Admission"]

WAIT_SECONDS = "1"


class Admission:
    """Counts the requests under way in this process; a limit of 0 is none."""

    def __init__(self, most: int, most_of_one_client: int) -> None:
        self._most, self._most_of_one = most, most_of_one_client
        self._under_way = 0
        self._of_client: Counter[str] = Counter()

    @contextmanager
    def admitted(self, client: str) -> Iterator[None]:
        """Hold a place while a request is worked on. Raises FaceError: 503 where all are taken, 429 the client's."""
        if self._most and self._under_way >= self._most:
            raise problem("overloaded", headers={"Retry-After": WAIT_SECONDS})
        if self._most_of_one and self._of_client[client] >= self._most_of_one:
            raise problem("tooManyRequests", headers={"Retry-After": WAIT_SECONDS})
        self._under_way += 1
        self._of_client[client] += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]

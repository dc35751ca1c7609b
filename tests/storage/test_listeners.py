"""What is kept of listeners is read and changed on both databases."""

from gateway.canonical.lifecycle import Listener
from gateway.storage.listeners import SqlListenerStore


async def test_what_a_listener_lacks_is_looked_up_without_writing(database, repository):
    store = SqlListenerStore(database)
    listener = Listener(id="L1", face="tmf622-v4", callback="https://example.test/")
    await repository.add_listener(listener)
    found, state = await store.owing("L1")
    assert (found, state.listener) == (listener, "L1")
    assert await store.owing("nobody") is None
    assert (await store.view("L1")).listener == listener
    assert list(await store.batch(listener, state, 10)) == []
    (shown,), total = await store.listeners()
    assert (shown.listener, total) == (listener, 1)

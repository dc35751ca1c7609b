"""Files that a system drops: only whole ones, each once, none lost."""

import os

import pytest

from adapters.sdk import watch as watching
from adapters.sdk.sftp import SftpClient, SftpFolder, SftpServer
from adapters.sdk.watch import FileEntry, LocalFolder, Watch, polled
from gateway.ports.errors import NeedsOperator, TryLater, Unreadable
from gateway.ports.polling import Changed
from tests.adapters.sftp_server import sftp_server


@pytest.fixture
def drop(tmp_path):
    """Drops a file; `at` is its time in seconds."""

    def drop(name, text="ack", at=1000.0):
        path = tmp_path / name
        path.write_text(text)
        os.utime(path, (at, at))
        return path

    return drop


@pytest.fixture
def folder(tmp_path):
    return LocalFolder(tmp_path)


async def names(watch, cursor):
    seen = await watch.look(cursor)
    return [one.name for one in seen.files], seen.cursor


async def test_a_file_counts_once_it_has_stopped_growing(folder, drop):
    watch = Watch(folder, "*.ack")
    drop("1.ack", "half")
    found, cursor = await names(watch, None)
    assert found == []
    drop("1.ack", "half and half", at=1001.0)
    found, cursor = await names(watch, cursor)
    assert found == []
    assert await names(watch, cursor) == (["1.ack"], (await watch.look(cursor)).cursor)
    cursor = (await watch.look(cursor)).cursor
    for _ in range(2):
        found, cursor = await names(watch, cursor)
        assert found == []


async def test_what_was_renamed_into_place_is_whole_at_once(folder, drop, tmp_path):
    watch = Watch(folder, "*.ack", renames=True)
    for name in ("1.ack.tmp", "2.ack.part", ".3.ack", "other.txt", "4.ack~"):
        drop(name)
    (tmp_path / "folder.ack").mkdir()
    (tmp_path / "link.ack").symlink_to(drop("target.txt"))
    found, cursor = await names(watch, None)
    assert found == []
    (tmp_path / "1.ack.tmp").rename(tmp_path / "1.ack")
    assert (await names(watch, cursor))[0] == ["1.ack"]


async def test_a_file_with_an_old_time_and_one_written_anew_are_not_missed(folder, drop, tmp_path):
    watch = Watch(folder, renames=True)
    drop("b", at=2000.0)
    drop("a", at=1500.0)
    found, cursor = await names(watch, None)
    assert found == ["a", "b"]  # the oldest first
    drop("late", at=1.0)
    drop("a", at=2500.0)
    found, cursor = await names(watch, cursor)
    assert found == ["late", "a"]
    for path in tmp_path.iterdir():
        path.unlink()
    found, cursor = await names(watch, cursor)
    assert (found, cursor) == ([], '{"seen":[],"growing":[]}')  # what is gone is forgotten
    drop("b", at=2000.0)
    assert (await names(watch, cursor))[0] == ["b"]


async def test_many_files_come_in_parts(folder, drop):
    for number in range(7):
        drop(f"{number}", at=1000.0 + number)
    watch, cursor, found = Watch(folder, renames=True, most=3), None, []
    for expected in (3, 3, 1, 0):
        seen = await watch.look(cursor)
        assert len(seen.files) == expected
        found += [one.name for one in seen.files]
        cursor = seen.cursor
    assert found == list("0123456")


async def test_a_file_is_read_as_it_was_listed(folder, drop):
    drop("1", "whole")
    (entry,) = await folder.entries()
    assert await folder.read(entry) == b"whole"
    with pytest.raises(Unreadable, match="1 has 5 bytes, more than 4"):
        await folder.read(entry, most_bytes=4)
    drop("1", "whole and more")
    with pytest.raises(TryLater) as caught:
        await folder.read(entry)
    assert caught.value.only_this
    with pytest.raises(TryLater):
        await folder.read(FileEntry("gone", 1, 1))
    with pytest.raises(TryLater):
        await folder.read(FileEntry("../../etc/hostname", 1, 1))


async def test_a_folder_that_is_not_there_is_for_a_person(tmp_path):
    with pytest.raises(NeedsOperator, match="the folder nowhere cannot be read"):
        await LocalFolder(tmp_path / "nowhere").entries()


async def test_a_poll_says_what_the_files_say_and_a_bad_one_holds_nobody_up(folder, drop):
    async def read(entry):
        text = (await folder.read(entry)).decode()
        if text.startswith("?"):
            raise Unreadable(f"{entry.name} is no acknowledgement", text)
        return [Changed(reference=one) for one in text.split()]

    watch = Watch(folder)
    drop("bad", "?", at=1.0)
    drop("good", "O-1 O-2 O-1")
    first = await polled(watch, None, read)
    assert first.changes == ()
    second = await polled(watch, first.cursor, read)
    assert second.changes == (Changed(reference="O-1"), Changed(reference="O-2"))
    with pytest.raises(Unreadable, match="bad is no acknowledgement"):
        await polled(watch, second.cursor, read)
    drop("late", "O-3")  # the bad one does not keep it from being found whole
    third = await polled(watch, second.cursor, read)
    assert third.changes == ()
    fourth = await polled(watch, third.cursor, read)
    assert fourth.changes == (Changed(reference="O-3"),)
    drop("bad", "O-4", at=2.0)  # mended
    fifth = await polled(watch, fourth.cursor, read)
    assert (await polled(watch, fifth.cursor, read)).changes == (Changed(reference="O-4"),)


async def test_files_that_say_much_are_read_poll_by_poll(folder, drop, monkeypatch):
    monkeypatch.setattr(watching, "_ENOUGH", 2)

    async def read(entry):
        return [Changed(reference=f"{entry.name}-{number}") for number in range(2)]

    watch, cursor, found = Watch(folder, renames=True), None, []
    for name in "abc":
        drop(name)
    for again in (0.0, 0.0, 9.0):
        poll = await polled(watch, cursor, read, again_after_seconds=9.0)
        assert poll.again_after_seconds == again
        found += [one.reference for one in poll.changes]
        cursor = poll.cursor
    assert found == ["a-0", "a-1", "b-0", "b-1", "c-0", "c-1"]


@pytest.mark.server
async def test_a_folder_of_an_sftp_server_is_watched_alike(drop, tmp_path):
    drop("1.ack", "O-1")
    (tmp_path / "folder.ack").mkdir()
    (tmp_path / "link.ack").symlink_to(tmp_path / "1.ack")
    async with sftp_server(tmp_path) as settings:
        client = SftpClient(SftpServer(**settings), "host")
        folder = SftpFolder(client, "/")
        seen = await Watch(folder, "*.ack").look(None)
        assert (seen.files, seen.waiting) == ((), 1)
        seen = await Watch(folder, "*.ack").look(seen.cursor)
        (entry,) = seen.files
        assert await folder.read(entry) == b"O-1"
        drop("1.ack", "O-1 and more")
        with pytest.raises(TryLater, match=r"1\.ack was changed"):
            await folder.read(entry)
        (tmp_path / "1.ack").unlink()
        with pytest.raises(TryLater):
            await folder.read(entry)
        await client.close()

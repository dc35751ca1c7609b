"""The schema that a new file gets at once, and the one that the migrations make, are one."""

import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from gateway.ports.errors import SetupError
from gateway.storage.database import Database
from gateway.storage.migrations import HEAD, folder
from gateway.storage.schema import metadata
from gateway.storage.upgrade import migrate, upgrade


@pytest.fixture
def raw(file):
    raw = sqlite3.connect(file, isolation_level=None)
    yield raw
    raw.close()


def schema(raw):
    """Return what each table and index is made of, apart from how its making was spelled."""
    tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    shape = {}
    for table in tables:
        shape[table] = raw.execute(f"SELECT * FROM pragma_table_info('{table}')").fetchall()
        shape[table, "rowid"] = raw.execute(f"SELECT wr FROM pragma_table_list('{table}')").fetchall()
        for _, index, unique, origin, partial in raw.execute(f"SELECT * FROM pragma_index_list('{table}')").fetchall():
            columns = raw.execute(f"SELECT name, desc FROM pragma_index_xinfo('{index}') WHERE key").fetchall()
            made_by = raw.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index,)).fetchone()
            condition = ((made_by and made_by[0]) or "").replace(f"{table}.", "").partition("WHERE")[2].strip()
            shape[index] = (unique, origin, partial, columns, condition)
    return shape


def test_migrations_make_what_a_new_file_gets_at_once(raw):
    migrate(raw, HEAD)
    at_once = sqlite3.connect(":memory:", isolation_level=None)
    upgrade(at_once)
    assert schema(raw) == schema(at_once)
    at_once.close()


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_leave_nothing_of_the_tables_in_code_out(raw):
    migrate(raw, HEAD)
    engine = create_engine("sqlite://", creator=lambda: raw)
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), metadata)
    # Alembic cannot compare an index on an expression, and asks for those of PostgreSQL; the test above has seen both.
    assert [
        entry
        for entry in difference
        if "listener_same" not in str(entry) and not (entry[0] == "add_index" and entry[1].name.endswith("_page"))
    ] == []


def test_the_newest_revision_is_the_one_that_is_told():
    config = Config()
    config.set_main_option("script_location", str(folder()))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_migrated_file_opens(file, raw):
    migrate(raw, HEAD)
    upgrade(raw)
    assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


async def test_a_file_of_a_newer_release_is_refused_and_left_alone(file, raw):
    upgrade(raw)
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.execute("UPDATE schema_support SET oldest = '9998'")
    with pytest.raises(SetupError, match="9999"):
        await Database.open(f"sqlite:///{file}")
    assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


def test_opening_a_present_file_needs_no_alembic(file):
    code = (
        "import sys; from gateway.storage.upgrade import upgrade; import sqlite3;"
        f"upgrade(sqlite3.connect({str(file)!r}, isolation_level=None)); print('alembic' in sys.modules)"
    )
    for _ in range(2):
        assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"


def test_a_migration_that_breaks_in_its_middle_leaves_the_file_as_it_was(raw):
    migrate(raw, "0012")
    raw.execute("CREATE TABLE unindexed (mine)")  # what the next revision makes third
    before = schema(raw)
    with pytest.raises(OperationalError, match="already exists"):
        migrate(raw, HEAD)
    assert schema(raw) == before
    assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [("0012",)]
    raw.execute("DROP TABLE unindexed")
    migrate(raw, HEAD)
    assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]

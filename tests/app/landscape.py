"""Changing what a simulated system holds behind everybody's back: its store is a file."""

import json
import sqlite3
from contextlib import closing

__all__ = ["Store"]


class Store:
    """The objects of one simulated system."""

    def __init__(self, file):
        self.file = file

    def all_of(self, kind):
        with closing(sqlite3.connect(self.file, timeout=10)) as db:
            rows = db.execute("select body from object where kind = ? order by rowid", (kind,)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def put(self, kind, row):
        with closing(sqlite3.connect(self.file, timeout=10)) as db, db:
            db.execute(
                "insert into object values (?, ?, '', '', ?) on conflict (kind, id) do update set body = excluded.body",
                (kind, row["id"], json.dumps(row)),
            )

    def remove(self, kind, key):
        with closing(sqlite3.connect(self.file, timeout=10)) as db, db:
            db.execute("delete from object where kind = ? and id = ?", (kind, key))

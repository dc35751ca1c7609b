"""PostgreSQL as the store: asyncpg on a pool, group commit, reads beside it."""

__all__: list[str] = []

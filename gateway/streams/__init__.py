"""Durable work: ordered by key, leased, retried, parked, on the database that holds everything else."""

__all__: list[str] = []

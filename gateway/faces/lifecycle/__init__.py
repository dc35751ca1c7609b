"""The gateway's own face: timelines, facts, holds, rules and the check of a whole trace."""

__all__: list[str] = []

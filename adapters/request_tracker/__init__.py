"""The adapter for Request Tracker 5: visits and shipments as tickets of one queue (`field-work`)."""

__all__: list[str] = []

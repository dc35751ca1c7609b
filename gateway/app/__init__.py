"""Where everything is put together: settings, wiring, the server, the worker, the command line."""

__all__: list[str] = []

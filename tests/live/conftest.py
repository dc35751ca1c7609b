"""Fixtures of the live tests: real systems, started once for a run. Each system's stand in a module of its own.

A module beside this one names its fixtures in `__all__`. These tests need Debian's packages, so they are collected only
where `make test-live` asks for them.
"""

import os
from importlib import import_module
from importlib.util import find_spec

_LIVE = os.environ.get("TMF_GATEWAY_LIVE") == "1"
collect_ignore_glob = [] if _LIVE else ["*"]

_MODULES = ("tryton", "request_tracker", "radius", "soap_peer", "sftp", "tmf_mock", "landscape")

if _LIVE:
    for _name in _MODULES:
        if find_spec(f"tests.live.{_name}") is not None:
            _module = import_module(f"tests.live.{_name}")
            globals().update({_fixture: getattr(_module, _fixture) for _fixture in _module.__all__})

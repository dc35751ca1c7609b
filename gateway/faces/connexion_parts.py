"""What the faces take from connexion, imported in one place.

connexion imports Starlette's test client on its way, which announces its own future; nothing here uses it.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
    from connexion.exceptions import ProblemException
    from connexion.middleware import ConnexionMiddleware, SpecMiddleware
    from connexion.middleware.abstract import AbstractRoutingAPI
    from connexion.middleware.swagger_ui import SwaggerUIMiddleware
    from connexion.options import SwaggerUIOptions
    from connexion.resolver import Resolver
    from connexion.spec import Specification

__all__ = [
    "AbstractRoutingAPI",
    "ConnexionMiddleware",
    "ProblemException",
    "Resolver",
    "SpecMiddleware",
    "Specification",
    "SwaggerUIMiddleware",
    "SwaggerUIOptions",
    "without_checking_documents",
]


@contextmanager
def without_checking_documents() -> Iterator[None]:
    """Let connexion take the documents as they are, for as long as this lasts.

    It would hold each one, and each copy that it makes, against the schema of OpenAPI, about a second for every
    document at every start. They ship with the package, and the tests hold them against that schema.
    """
    checked = Specification.__dict__["_validate_spec"]
    Specification._validate_spec = classmethod(lambda _cls, _spec: None)  # noqa: SLF001 - there is no other way in
    try:
        yield
    finally:
        Specification._validate_spec = checked  # noqa: SLF001 - the same

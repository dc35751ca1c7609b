"""What the faces take from connexion, imported in one place.

connexion imports Starlette's test client on its way, which announces its own future; nothing here uses it.
"""

import warnings

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
]

"""Where the served documents are: in the package when installed, beside it in a working copy."""

from pathlib import Path

import gateway

__all__ = ["documents_directory"]


def documents_directory() -> Path:
    """Return the folder that holds `tmf622/v4.yaml` and the others."""
    package = Path(gateway.__file__).parent
    shipped = package / "openapi_documents"
    return shipped if shipped.is_dir() else package.parent / "openapi"

"""Writes the AsyncAPI document of the event backbone: `python -m gateway.app.event_document`."""

from gateway.app.documents import documents_directory
from gateway.faces.backbone_document import DOCUMENT, describe
from gateway.faces.documents import to_yaml

__all__ = ["text_of_document", "write"]

_HEAD = "# Made by python -m gateway.app.event_document; a test keeps it fresh.\n"


def text_of_document() -> str:
    """Return the document as YAML."""
    return _HEAD + to_yaml(describe()).decode()


def write() -> None:
    """Write the document among the others."""
    file = documents_directory() / DOCUMENT
    file.parent.mkdir(exist_ok=True)
    file.write_text(text_of_document(), encoding="utf-8")


if __name__ == "__main__":
    write()

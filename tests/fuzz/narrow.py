"""A document made narrower for one round: some of its optional members, other ones in each round.

A body with all that TM Forum lets stand in an order takes seconds to generate and says nothing that a small one does
not. What is answered is checked against the whole document all the same.
"""

import copy
import random

ALWAYS = frozenset({"id", "href", "state", "action", "@type", "@referredType", "name", "value"})
"""Members that every round has."""

PLAIN = 3
"""How many of a schema's other members that hold no more than a value each round has."""

DEEP = 1
"""How many of those that hold objects or arrays."""


def narrowed(document, seed):
    """Return a document whose schemas have but some of their optional members."""
    document = copy.deepcopy(document)
    luck = random.Random(seed)
    schemas = document["components"]["schemas"]
    for name, schema in sorted(schemas.items()):
        if name != "Error":
            for part in (schema, *schema.get("allOf", ())):
                _narrow(part, luck, schemas)
    return document


def _narrow(schema, luck, schemas):
    members = schema.get("properties")
    if not members:
        return
    kept = {
        *schema.get("required", ()),
        schema.get("discriminator", {}).get("propertyName"),
        *(ALWAYS & members.keys()),
    }
    others = sorted(members.keys() - kept)
    deep = [name for name in others if _is_deep(members[name], schemas)]
    plain = [name for name in others if name not in deep]
    chosen = {*luck.sample(deep, min(len(deep), DEEP)), *luck.sample(plain, min(len(plain), PLAIN))}
    schema["properties"] = {name: part for name, part in members.items() if name in kept or name in chosen}


def _is_deep(schema, schemas):
    """Whether a value of a schema is an object, an array or anything at all."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema.get("type") not in ("string", "number", "integer", "boolean")

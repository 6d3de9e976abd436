"""What makes the objects of a schema, as SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pytest_ctb.model.evidence import Creation, Schema
from pytest_ctb.model.trace import Key


def creation_text(creations: Iterable[Creation]) -> str:
    """The statements as a text, in their order; an empty line is between objects."""
    chosen = tuple(creations)
    made = {creation.key for creation in chosen if creation.itself}
    groups: list[list[str]] = []
    last: Key | None = None
    for creation in chosen:
        itself = () if creation.included and creation.of in made else creation.itself
        for statement in (*itself, *creation.more):
            if creation.root != last or "\n" in statement:
                groups.append([])
            groups[-1].append(f"{statement};")
            last = creation.root
    return "\n\n".join("\n".join(group) for group in groups)


def root_of(schema: Schema, key: Key) -> Key:
    """The object that an object is in the end a part of: of a comment on a column the table."""
    seen = {key}
    while (object_ := schema.objects.get(key)) and object_.of and object_.of not in seen:
        key = object_.of
        seen.add(key)
    return key


def is_in_part(schema: Schema, key: Key, names: Collection[str]) -> bool:
    """Whether an object belongs to a part of a schema, given by names: of whole schemas (`company`), of objects.

    The schema of an object that is named belongs to the part, without its other objects.
    """
    root = root_of(schema, key)
    plain = root.name.partition("(")[0]
    if root.kind == "schema":
        return any(name == plain or name.startswith(f"{plain}.") for name in names)
    return plain in names or ("." in plain and plain.partition(".")[0] in names)

"""The records that flow from files to findings: immutable, and free of pytest, of the parser and of any server.

files -> Migration (of Statements) -> Replay (of Traces, of a Schema) -> check -> Finding
"""

from pytest_ctb.model.evidence import FileReplay, Key, Replay, Schema, SchemaObject, ServerInfo, SqlError, Trace
from pytest_ctb.model.files import (
    Allow,
    Comment,
    HeaderField,
    Mark,
    Migration,
    Name,
    Need,
    Order,
    Position,
    Problem,
    Repository,
    Rollback,
    Source,
    Statement,
)
from pytest_ctb.model.guide import Finding, Guideline, Level

__all__ = [
    "Allow",
    "Comment",
    "FileReplay",
    "Finding",
    "Guideline",
    "HeaderField",
    "Key",
    "Level",
    "Mark",
    "Migration",
    "Name",
    "Need",
    "Order",
    "Position",
    "Problem",
    "Replay",
    "Repository",
    "Rollback",
    "Schema",
    "SchemaObject",
    "ServerInfo",
    "Source",
    "SqlError",
    "Statement",
    "Trace",
]

"""The only user of the SQL parser: text in, statements out, and what is asked of a statement.

The parser is libpg_query, the grammar of Postgres itself, through `postgast`. Nobody else sees its nodes: other modules
read `Statement.tag` and `Statement.control`, and ask the functions here for the rest.
"""

from pytest_ctb.sql.alterations import Alteration, alterations
from pytest_ctb.sql.consumer_files import read_consumers, with_null_parameter
from pytest_ctb.sql.definitions.columns import Definition, TypeName, column, domain, labels, row
from pytest_ctb.sql.definitions.conditions import Constraint, Fact, condition, constraint
from pytest_ctb.sql.definitions.equivalent import equivalent
from pytest_ctb.sql.guards import Unguarded, routines, unguarded
from pytest_ctb.sql.inverse import inverse, rollback_block
from pytest_ctb.sql.kinds import every_kind, kinds, pattern
from pytest_ctb.sql.named import Said, named_in
from pytest_ctb.sql.names import Names, names_in
from pytest_ctb.sql.objects import (
    CommentOn,
    Created,
    DropStatement,
    Extension,
    Index,
    Relation,
    Rename,
    Setting,
    comment_on,
    created,
    dropped,
    extension,
    functions_called,
    index,
    parents,
    relation,
    renamed,
    setting,
    with_objects,
)
from pytest_ctb.sql.parser import as_sql, brief, fingerprint
from pytest_ctb.sql.places import places
from pytest_ctb.sql.plpgsql.fold import UNKNOWN
from pytest_ctb.sql.plpgsql.plpgsql import line_of_body
from pytest_ctb.sql.psql.placeholders import no_value
from pytest_ctb.sql.psql.psql import parse, read_psql
from pytest_ctb.sql.refused import may_be_refused, refused
from pytest_ctb.sql.spelling import spelled_sql
from pytest_ctb.sql.tokens import after_words, code_end, commands, constants, place
from pytest_ctb.sql.writes import assigned, compared, rows_written

__all__ = [
    "UNKNOWN",
    "Alteration",
    "CommentOn",
    "Constraint",
    "Created",
    "Definition",
    "DropStatement",
    "Extension",
    "Fact",
    "Index",
    "Names",
    "Relation",
    "Rename",
    "Said",
    "Setting",
    "TypeName",
    "Unguarded",
    "after_words",
    "alterations",
    "as_sql",
    "assigned",
    "brief",
    "code_end",
    "column",
    "commands",
    "comment_on",
    "compared",
    "condition",
    "constants",
    "constraint",
    "created",
    "domain",
    "dropped",
    "equivalent",
    "every_kind",
    "extension",
    "fingerprint",
    "functions_called",
    "index",
    "inverse",
    "kinds",
    "labels",
    "line_of_body",
    "may_be_refused",
    "named_in",
    "names_in",
    "no_value",
    "parents",
    "parse",
    "pattern",
    "place",
    "places",
    "read_consumers",
    "read_psql",
    "refused",
    "relation",
    "renamed",
    "rollback_block",
    "routines",
    "row",
    "rows_written",
    "setting",
    "spelled_sql",
    "unguarded",
    "with_null_parameter",
    "with_objects",
]

"""The only user of the SQL parser: text in, statements out.

The parser is libpg_query, the grammar of Postgres itself, through `postgast`. Other modules see its nodes as opaque
values (`Statement.body`) and read them with `enum`, `name_of` and `walk`.
"""

from pytest_ctb.sql.columns import Definition, TypeName, column, domain, labels, row
from pytest_ctb.sql.conditions import Fact, condition, facts, key_columns
from pytest_ctb.sql.consumed import consumed, without
from pytest_ctb.sql.equivalent import equivalent
from pytest_ctb.sql.guards import Unguarded, dropped, routines, unguarded
from pytest_ctb.sql.inverse import inverse, rollback_block
from pytest_ctb.sql.kinds import every_kind, kinds, pattern
from pytest_ctb.sql.named import Said, named_in
from pytest_ctb.sql.names import Names, is_temporary, names_in, relation_made
from pytest_ctb.sql.parser import as_sql, brief, enum, fingerprint, name_of, strings, walk
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
    "Definition",
    "Fact",
    "Names",
    "Said",
    "TypeName",
    "Unguarded",
    "after_words",
    "as_sql",
    "assigned",
    "brief",
    "code_end",
    "column",
    "commands",
    "compared",
    "condition",
    "constants",
    "consumed",
    "domain",
    "dropped",
    "enum",
    "equivalent",
    "every_kind",
    "facts",
    "fingerprint",
    "inverse",
    "is_temporary",
    "key_columns",
    "kinds",
    "labels",
    "line_of_body",
    "may_be_refused",
    "name_of",
    "named_in",
    "names_in",
    "no_value",
    "parse",
    "pattern",
    "place",
    "places",
    "read_psql",
    "refused",
    "relation_made",
    "rollback_block",
    "routines",
    "row",
    "rows_written",
    "spelled_sql",
    "strings",
    "unguarded",
    "walk",
    "without",
]

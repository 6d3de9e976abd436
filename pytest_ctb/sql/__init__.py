"""The only user of the SQL parser: read a text into statements, and read facts from a statement.

The parser is libpg_query, the grammar of Postgres itself, through `postgast`. Nobody else sees its nodes: other modules
read `Statement.tag` and `Statement.control`, and call the functions here for the rest.
"""

from pytest_ctb.sql.consumer_files import read_consumers, with_null_parameter
from pytest_ctb.sql.definitions.columns import (
    Definition,
    TypeName,
    column,
    domain,
    labels,
    new_columns,
    row,
)
from pytest_ctb.sql.definitions.conditions import Constraint, Fact, condition, constraint
from pytest_ctb.sql.definitions.equivalent import equivalent
from pytest_ctb.sql.definitions.expected_rows import (
    ExpectedCheck,
    ExpectedParent,
    ExpectedRows,
    ExpectedType,
    expected_rows,
)
from pytest_ctb.sql.guards import Unguarded, guarded, is_guarded, routines, unguarded
from pytest_ctb.sql.inverse import TO_WRITE, inverse, rollback_block
from pytest_ctb.sql.kinds import all_kinds, kinds, pattern
from pytest_ctb.sql.names.file_names import Names, Step, Use, names_in, steps_in
from pytest_ctb.sql.names.mentions import mentions, named
from pytest_ctb.sql.names.purpose import purpose
from pytest_ctb.sql.names.subjects import Subjects, granted_on, subjects
from pytest_ctb.sql.object_positions import object_positions
from pytest_ctb.sql.objects import (
    Alteration,
    CommentOn,
    Created,
    DropStatement,
    Extension,
    Index,
    Relation,
    Rename,
    Setting,
    alterations,
    comment_on,
    created,
    dropped,
    extension,
    functions_called,
    index,
    is_alter_table,
    parents,
    procedure_called,
    relation,
    renamed,
    roles_named,
    setting,
    with_objects,
)
from pytest_ctb.sql.online.blocking import blocks_nobody, may_block
from pytest_ctb.sql.online.bounds import Target, bounds, is_batch, write_target
from pytest_ctb.sql.online.cascades import cascades
from pytest_ctb.sql.online.identifiers import identifiers
from pytest_ctb.sql.online.partitions import partition_key
from pytest_ctb.sql.online.safe_way import safe_way
from pytest_ctb.sql.online.steps import NOTHING, Effects, SafeStep, as_files
from pytest_ctb.sql.parameters import ColumnUse, Origin, SentStatement, sent_statement
from pytest_ctb.sql.parser import as_sql, fingerprint, first_line, literal, table_as_sql
from pytest_ctb.sql.plpgsql.body import line_of_body
from pytest_ctb.sql.plpgsql.dynamic_sql import UNKNOWN
from pytest_ctb.sql.predicates.goals import NUMBER, ROWS, Goal, Write, prepared, row_reads, row_writes
from pytest_ctb.sql.predicates.hints import HintKind
from pytest_ctb.sql.predicates.scopes import Described
from pytest_ctb.sql.psql.placeholders import no_value_message
from pytest_ctb.sql.psql.script import parse, read_psql
from pytest_ctb.sql.refused import may_be_refused, refused, without_concurrently
from pytest_ctb.sql.repeatable import repeatable
from pytest_ctb.sql.searched import searched_constants
from pytest_ctb.sql.spelling import spelled_sql
from pytest_ctb.sql.tokens import code_end, commands, constants, position_at, spans_of
from pytest_ctb.sql.writes import assigned, changes_rows, compared, rows_written

__all__ = [
    "NOTHING",
    "NUMBER",
    "ROWS",
    "TO_WRITE",
    "UNKNOWN",
    "Alteration",
    "ColumnUse",
    "CommentOn",
    "Constraint",
    "Created",
    "Definition",
    "Described",
    "DropStatement",
    "Effects",
    "ExpectedCheck",
    "ExpectedParent",
    "ExpectedRows",
    "ExpectedType",
    "Extension",
    "Fact",
    "Goal",
    "HintKind",
    "Index",
    "Names",
    "Origin",
    "Relation",
    "Rename",
    "SafeStep",
    "SentStatement",
    "Setting",
    "Step",
    "Subjects",
    "Target",
    "TypeName",
    "Unguarded",
    "Use",
    "Write",
    "all_kinds",
    "alterations",
    "as_files",
    "as_sql",
    "assigned",
    "blocks_nobody",
    "bounds",
    "cascades",
    "changes_rows",
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
    "expected_rows",
    "extension",
    "fingerprint",
    "first_line",
    "functions_called",
    "granted_on",
    "guarded",
    "identifiers",
    "index",
    "inverse",
    "is_alter_table",
    "is_batch",
    "is_guarded",
    "kinds",
    "labels",
    "line_of_body",
    "literal",
    "may_be_refused",
    "may_block",
    "mentions",
    "named",
    "names_in",
    "new_columns",
    "no_value_message",
    "object_positions",
    "parents",
    "parse",
    "partition_key",
    "pattern",
    "position_at",
    "prepared",
    "procedure_called",
    "purpose",
    "read_consumers",
    "read_psql",
    "refused",
    "relation",
    "renamed",
    "repeatable",
    "roles_named",
    "rollback_block",
    "routines",
    "row",
    "row_reads",
    "row_writes",
    "rows_written",
    "safe_way",
    "searched_constants",
    "sent_statement",
    "setting",
    "spans_of",
    "spelled_sql",
    "steps_in",
    "subjects",
    "table_as_sql",
    "unguarded",
    "with_null_parameter",
    "with_objects",
    "without_concurrently",
    "write_target",
]

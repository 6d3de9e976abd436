"""dbmate: `TS_name.sql`, as text, with `-- migrate:up` and `-- migrate:down`; a transaction around each part."""

from pytest_ctb.model import Parts, Tool
from pytest_ctb.repository.layouts import Folder, Layout, text
from pytest_ctb.repository.layouts._marked import split_at_marks


def _split(written: str) -> Parts:
    return split_at_marks(
        written,
        r"^--\s*migrate:up\b[^\r\n]*",
        r"^--\s*migrate:down\b[^\r\n]*",
        "dbmate",
        lambda line: "transaction:false" in line[0].split(),
        "transaction:false",
    )


def _recognise(folder: Folder) -> str:
    name = folder.file_with(r"--\s*migrate:up\b")
    return f"{name} holds `-- migrate:up`" if name else ""


LAYOUT = Layout(
    name="dbmate",
    source="https://github.com/amacneil/dbmate#creating-migrations",
    tool=Tool(
        name="dbmate",
        runs_once=True,
        adds_transaction=True,
        sends_whole_file=True,
        transaction_off_switch="`-- migrate:up transaction:false`",
        sends_copy_rows=False,
        file_name_form="N_name.sql",
        rollback_place="part behind `-- migrate:down`",
    ),
    migration_names=r"(?P<version>\d+)[^/]*\.sql",
    sort_key=text,
    split=_split,
    usual_folders=("db/migrations",),
    down_mark=r"^--\s*migrate:down\b",
    recognise=_recognise,
    wants="line `-- migrate:up`",
)

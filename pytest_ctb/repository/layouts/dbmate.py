"""dbmate: `TS_name.sql`, as text, with `-- migrate:up` and `-- migrate:down`; a transaction around each part."""

from pytest_ctb.model import Parts, Tool
from pytest_ctb.repository.layouts import Folder, Layout, text
from pytest_ctb.repository.layouts._marked import marked


def _parts(written: str) -> Parts:
    return marked(
        written,
        r"^--\s*migrate:up\b[^\r\n]*",
        r"^--\s*migrate:down\b[^\r\n]*",
        "dbmate",
        lambda line: "transaction:false" in line[0].split(),
        "transaction:false",
    )


def _sign(folder: Folder) -> str:
    name = folder.holds(r"--\s*migrate:up\b")
    return f"{name} holds `-- migrate:up`" if name else ""


LAYOUT = Layout(
    name="dbmate",
    source="https://github.com/amacneil/dbmate#creating-migrations",
    tool=Tool(
        name="dbmate",
        wraps=True,
        whole=True,
        off="`-- migrate:up transaction:false`",
        rows=False,
        form="N_name.sql",
        down="part behind `-- migrate:down`",
    ),
    ups=r"(?P<version>\d+)[^/]*\.sql",
    key=text,
    parts=_parts,
    folders=("db/migrations",),
    sign=_sign,
)

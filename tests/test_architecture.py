"""The page on the architecture shows the code as it is: its picture is drawn from the imports, its modules are there.

`python tests/test_architecture.py` draws the picture anew.
"""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pytest_ctb"
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "architecture.svg"
_BOX, _STEP, _TOP = (112, 30), (64, 44), 12
"""Width and height of a box, how far the next one stands, and the margin; all in pixels."""
_STYLE = """
.box { fill: #fff; stroke: #37474f; }
.line { stroke: #90a4ae; fill: none; }
.dot { fill: #00897b; }
.tip { fill: #37474f; }
text { font: 13px sans-serif; fill: #263238; text-anchor: middle; }
@media (prefers-color-scheme: dark) {
  .box { fill: #263238; stroke: #b0bec5; }
  .line { stroke: #607d8b; }
  .dot { fill: #4db6ac; }
  .tip { fill: #b0bec5; }
  text { fill: #eceff1; }
}
"""

Arrow = tuple[str, str]
"""The package that imports, and the one that is imported."""


def layers() -> list[list[str]]:
    """The packages as the import contract stacks them, from the top down."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = [contract for contract in settings["contracts"] if contract["type"] == "layers"]
    return [re.split(r"\s*[|:]\s*", layer) for layer in contract["layers"]]


def packages() -> list[str]:
    """What stands directly in the package, by its name."""
    return [
        path.stem
        for path in sorted(PACKAGE.iterdir())
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    ]


@cache
def imports() -> set[Arrow]:
    """Which package imports which, as the syntax tree of each module has it; also imports inside of functions."""
    known = set(packages())
    arrows = set()
    for module in PACKAGE.rglob("*.py"):
        importer = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            imported = {name.split(".")[1] for name in names if name.startswith("pytest_ctb.")}
            arrows |= {(importer, name) for name in imported & known if importer in known and name != importer}
    return arrows


def drawn() -> str:
    """The picture: the packages down the diagonal, and a dot where the row of one meets the column of what it imports."""
    order = [name for layer in layers() for name in layer]
    at = {name: (_TOP + place * _STEP[0], _TOP + place * _STEP[1]) for place, name in enumerate(order)}
    (width, height), last = _BOX, at[order[-1]]
    arrows = sorted(imports(), key=lambda arrow: (order.index(arrow[0]), order.index(arrow[1])))
    shapes = []
    for name in order:
        left, top = at[name]
        rightmost = max((at[target][0] for source, target in arrows if source == name), default=None)
        if rightmost is not None:
            shapes.append(f'<path class="line" d="M{left + width} {top + height // 2}H{rightmost + width // 2}"/>')
        highest = min((at[source][1] for source, target in arrows if target == name), default=None)
        if highest is not None:
            shapes.append(f'<path class="line" d="M{left + width // 2} {highest + height // 2}V{top}"/>')
            middle = left + width // 2
            shapes.append(f'<path class="tip" d="M{middle - 4} {top - 7}h8l-4 7z"/>')
    for source, target in arrows:
        across, down = at[target][0] + width // 2, at[source][1] + height // 2
        shapes.append(
            f'<circle class="dot" data-from="{source}" data-to="{target}" cx="{across}" cy="{down}" r="4.5">'
            f"<title>{source} imports {target}</title></circle>"
        )
    for name in order:
        left, top = at[name]
        shapes.append(f'<rect class="box" x="{left}" y="{top}" width="{width}" height="{height}" rx="5"/>')
        shapes.append(f'<text x="{left + width // 2}" y="{top + 20}">{name}</text>')
    size = f"{last[0] + width + _TOP} {last[1] + height + _TOP}"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">',
        "<title>The packages of pytest_ctb, and which imports which</title>",
        f"<style>{_STYLE}</style>",
        *shapes,
        "</svg>\n",
    ])  # fmt: skip


def shown(picture: str) -> set[Arrow]:
    """The arrows of a picture."""
    return {
        (dot.attrib["data-from"], dot.attrib["data-to"])
        for dot in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}circle")
    }


def test_the_arrows_of_the_picture_are_the_imports():
    assert imports()
    assert shown(PICTURE.read_text(encoding="utf-8")) == imports(), "python tests/test_architecture.py draws it anew"


def test_the_picture_is_as_it_is_drawn():
    assert PICTURE.read_text(encoding="utf-8") == drawn(), "python tests/test_architecture.py draws it anew"


def test_every_arrow_goes_down():
    """Each package stands in a layer, and imports only what stands in a lower one."""
    order = layers()
    level = {name: number for number, layer in enumerate(order) for name in layer}
    assert sorted(level) == packages()
    assert not [(source, target) for source, target in imports() if level[source] >= level[target]]


def test_the_house_can_be_seen_at_a_glance():
    """Few names at the top, few modules in a room, few layers; and a new room has to say in which layer it stands."""
    assert len(packages()) <= 16
    for folder in {module.parent for module in PACKAGE.rglob("*.py")}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= 20, f"{folder.relative_to(ROOT)} has {len(modules)} modules"
    assert len(layers()) <= 10
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert [contract["exhaustive"] for contract in settings["contracts"] if contract["type"] == "layers"] == [True]


def test_an_arrow_that_is_missing_or_too_many_is_noticed():
    dots = re.findall(r"<circle.*?</circle>", drawn())
    assert shown(drawn().replace(dots[0], "")) != imports()
    more = dots[0].replace(f'data-to="{_target(dots[0])}"', 'data-to="nobody"')
    assert shown(drawn().replace(dots[0], dots[0] + more)) != imports()


def _target(dot: str) -> str:
    return ElementTree.fromstring(dot).attrib["data-to"]


def test_every_module_that_the_page_names_is_there():
    """And each package has its line in the table of what stands where, from the top down."""
    page = PAGE.read_text(encoding="utf-8")
    named = {
        path for path in re.findall(r"`([a-z_]+/[\w/<>-]*(?:\.py)?)`", page) if path.partition("/")[0] in packages()
    }
    assert len(named) > 15
    assert not [path for path in named if not list(PACKAGE.glob(re.sub("<[^>]*>", "*", path)))]
    rows = re.findall(r"^\| `(\w+)(?:\.py|/)` \|", page, re.MULTILINE)
    assert sorted(rows) == packages()
    level = {name: number for number, layer in enumerate(layers()) for name in layer}
    assert all(level[above] <= level[below] for above, below in pairwise(rows))


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")

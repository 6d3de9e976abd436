"""The messages of the package, as its source words them: texts with a `{name}` for what is filled in.

A message is what an error, a finding, a refusal, a problem of a file or a line on stderr says. Where it stands in a
variable, comes in by a parameter or from another function, it is read there.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOLDERS = {
    "Refusal": (1, "reason"),
    "Problem": (0, "message"),
    "DocumentError": (2, "message"),
    "finding": (1, "message"),
    "write_line": (0, "message"),
    "exit": (0, "reason"),
    "bad": (1, "message"),
    "refused": (0, "why"),
    "Lack": (1, "what"),
    "FileStatus": (2, "detail"),
    "RowError": (1, "message"),
    "Mistake": (0, "message"),
}
"""The calls that take a message: its position among the arguments, and its name. Of an error that is raised it is the first."""
_LONGEST = 200
"""The characters after which a message is cut: the list says which message it is, not all that it says."""
_DEEPEST = 5
"""How many variables, parameters and functions are followed to a text."""
_MOST = 12
"""The texts of one message that are kept."""
_UNWRAPPED = {"str", "visible", "relative", "shown", "repr", "counted"}
_STRIPPED = {"strip", "rstrip", "lstrip", "removeprefix", "removesuffix", "replace"}
_SILENT = {"AttributeError", "StopIteration", "SystemExit", "KeyError", "GuidelineError", "KeyboardInterrupt"}
_FILLED = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, eq=False)
class _Module:
    name: str
    tree: ast.Module

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def function(self, node: ast.AST) -> ast.FunctionDef | None:
        """The function around a node."""
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, ast.FunctionDef):
                return node
        return None


@cache
def _modules() -> tuple[_Module, ...]:
    paths = sorted((ROOT / "pytest_ctb").rglob("*.py"))
    return tuple(_Module(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths)


@cache
def _functions() -> dict[str, list[tuple[_Module, ast.FunctionDef]]]:
    functions = defaultdict(list)
    for module in _modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef):
                functions[node.name].append((module, node))
    return functions


@cache
def _calls() -> dict[str, list[tuple[_Module, ast.Call]]]:
    calls = defaultdict(list)
    for module in _modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                calls[_name(node.func)].append((module, node))
    return calls


def _constant(name: str, module: _Module) -> str | None:
    """The text or number that a name in capitals stands for, of this module or of the one that it is imported from."""
    for node in module.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Constant(value=str() | int() as value)):
                if target == name:
                    return str(value)
            case ast.ImportFrom(module=str(source), names=names) if name in {alias.name for alias in names}:
                file = source.replace(".", "/")
                found = [each for each in _modules() if each.name in {f"{file}.py", f"{file}/__init__.py"}]
                return _constant(name, found[0]) if found else None
    return None


def messages() -> dict[str, str]:
    """Each message with the module that gives it, in the order of the modules."""
    texts: dict[str, str] = {}
    for module in _modules():
        for node in ast.walk(module.tree):
            for argument in _arguments(node):
                for text in _texts(argument, module, _DEEPEST):
                    if line := _one_line(text):
                        texts.setdefault(line, module.name)
    return texts


def _one_line(text: str) -> str:
    """The first line of a message that says something, `{name}` for each thing that is filled in."""
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    line = next(filter(_says_something, lines), "")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rpartition(' ')[0]} …"


def _says_something(line: str) -> bool:
    return len(re.findall(r"[^\W\d_]{2,}", _FILLED.sub("", line))) > 1


def _arguments(node: ast.AST) -> Iterator[ast.expr]:
    """The messages that a node of the tree gives."""
    match node:
        case ast.Raise(exc=ast.Call(func=func, args=[first, *_])) if _name(func) not in _SILENT | set(HOLDERS):
            yield first
        case ast.Call(func=func, args=[first, *_], keywords=keywords) if _name(func) == "echo":
            if any(keyword.arg == "err" for keyword in keywords):
                yield first
        case ast.Call(func=ast.Attribute(value=ast.Name(id="problems"), attr="append"), args=[first]):
            yield first
        case ast.FunctionDef(name=name) if re.search(r"[^_]_(message|refusal)$", name):
            yield from (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value)
        case ast.Call(func=func, args=arguments, keywords=keywords) if _name(func) in HOLDERS:
            position, name = HOLDERS[_name(func)]
            yield from arguments[position : position + 1] or [each.value for each in keywords if each.arg == name]


def _texts(node: ast.expr, module: _Module, deep: int) -> list[str]:
    """What an expression may say; a `{name}` alone where that is not seen."""
    return list(dict.fromkeys(_all_texts(node, module, deep)))[:_MOST]


def _all_texts(node: ast.expr, module: _Module, deep: int) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield from _joined([_part(value, module) for value in values])
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*_texts(body, module, deep), *_texts(orelse, module, deep))
        case ast.BoolOp(values=values):
            yield from (text for value in values for text in _texts(value, module, deep))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _joined([_texts(left, module, deep), _texts(right, module, deep)])
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _STRIPPED:
            yield from _texts(value, module, deep)
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in _UNWRAPPED:
            yield from _texts(first, module, deep)
        case ast.Call(func=func) if deep and _name(func) in _functions():
            yield from _returned(_name(func), module, deep - 1) or [f"{{{_name(node)}}}"]
        case ast.Name(id=name) if deep:
            yield from _assigned(name, node, module, deep - 1) or [f"{{{name}}}"]
        case ast.Attribute(attr=name) if deep:
            yield from _of_records(name, module, deep - 1) or [f"{{{name}}}"]
        case _:
            yield f"{{{_name(node)}}}"


def _joined(parts: list[list[str]]) -> Iterator[str]:
    """Each way to choose one text of each part."""
    yield from itertools.islice(map("".join, itertools.product(*parts)), _MOST)


def _part(node: ast.expr, module: _Module) -> list[str]:
    """What stands at a place in a text: its words, the longer of two, or a `{name}`."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.FormattedValue(value=ast.IfExp() as value):
            return [max(_texts(value, module, 0), key=lambda text: len(_FILLED.sub("", text)))]
        case ast.FormattedValue(value=ast.Name(id=name)) if name.isupper() and (text := _constant(name, module)):
            return [text]
        case ast.FormattedValue(value=value):
            return [f"{{{_name(value).strip('_').lower()}}}"]
        case _:
            return ["{…}"]


def _returned(name: str, here: _Module, deep: int) -> list[str]:
    """The texts that a function gives: that of this module, else each of the name."""
    functions = _functions()[name]
    of_this_module = [pair for pair in functions if pair[0] is here]
    functions = of_this_module if of_this_module or name.startswith("_") else functions
    return [
        text
        for module, function in functions[:3]
        for node in ast.walk(function)
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None and module.function(node) is function
        for text in _texts(node.value, module, deep)
    ]


def _of_records(field: str, module: _Module, deep: int) -> list[str]:
    """The texts of a field, where this module makes the records that have it."""
    texts = []
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef):
            fields = [
                each.target.id
                for each in node.body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            ]
            calls = [call for where, call in _calls().get(node.name, []) if where is module] if field in fields else []
            for call in calls:
                position = fields.index(field)
                passed = call.args[position : position + 1] or [
                    keyword.value for keyword in call.keywords if keyword.arg == field
                ]
                texts += [text for value in passed for text in _texts(value, module, deep)]
    return texts


def _assigned(name: str, node: ast.AST, module: _Module, deep: int) -> list[str]:
    """The texts of a variable: what the function or the module assigns, or what callers pass."""
    function = module.function(node)
    if function:
        values = _values(name, function)
        parameters = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        if not values and name in parameters:
            return [
                text
                for value, where in _passed(function, module, parameters, name)
                for text in _texts(value, where, deep)
            ]
        if values:
            return [text for value in values for text in _texts(value, module, deep)]
        if unpacked := _unpacked(name, function, module, deep):
            return unpacked
    return [text for value in _values(name, module.tree, module) for text in _texts(value, module, deep)]


def _values(name: str, scope: ast.AST, module: _Module | None = None) -> list[ast.expr]:
    values = []
    for node in ast.walk(scope):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                if module is None or module.parents[node] is module.tree:
                    values.append(value)
            case ast.NamedExpr(target=ast.Name(id=target), value=value) if target == name and module is None:
                values.append(value)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=elements)) if module is None:
                values += [
                    element
                    for target, element in zip(targets, elements, strict=False)
                    if isinstance(target, ast.Name) and target.id == name
                ]
    return values


def _unpacked(name: str, function: ast.FunctionDef, module: _Module, deep: int) -> list[str]:
    """The texts of a variable that is a part of a tuple: what the functions of this module give at its place."""
    texts = []
    for node in ast.walk(function):
        match node:
            case (
                ast.For(target=ast.Tuple(elts=elements), iter=source)
                | ast.comprehension(target=ast.Tuple(elts=elements), iter=source)
            ):
                pass
            case ast.Assign(targets=[ast.Tuple(elts=elements)], value=ast.Call() as source):
                pass
            case _:
                continue
        targets = [_name(element) for element in elements]
        if name in targets:
            called = dict.fromkeys(_name(call.func) for call in ast.walk(source) if isinstance(call, ast.Call))
            tuples = [tuple_ for each in called for tuple_ in _tuples(each, module) if len(tuple_.elts) == len(targets)]
            texts += [text for tuple_ in tuples for text in _texts(tuple_.elts[targets.index(name)], module, deep)]
    return texts


def _tuples(name: str, module: _Module) -> list[ast.Tuple]:
    """The tuples that the functions of a name in a module hold."""
    functions = [function for where, function in _functions().get(name, []) if where is module]
    return [node for function in functions for node in ast.walk(function) if isinstance(node, ast.Tuple)]


def _passed(
    function: ast.FunctionDef, here: _Module, parameters: list[str], name: str
) -> Iterator[tuple[ast.expr, _Module]]:
    """What the callers of a function pass for a parameter."""
    position = parameters.index(name) - (parameters[0] in {"self", "cls"})
    for module, call in _calls().get(function.name, []):
        if function.name.startswith("_") and module is not here:
            continue
        if any(keyword.arg == name for keyword in call.keywords):
            yield from ((keyword.value, module) for keyword in call.keywords if keyword.arg == name)
        elif 0 <= position < len(call.args):
            yield call.args[position], module


def _name(node: ast.AST) -> str:
    """A word for what an expression holds."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Attribute(value=ast.Constant()), args=[inner]):
            pass
        case ast.Call(func=ast.Name(id=called), args=[inner, *_]) if called in _UNWRAPPED | {"map", "sorted", "len"}:
            pass
        case ast.Call(func=ast.Attribute(value=inner, attr=attr)) if attr in _STRIPPED:
            pass
        case (
            ast.Call(func=inner)
            | ast.Subscript(value=inner)
            | ast.GeneratorExp(elt=inner)
            | ast.ListComp(elt=inner)
            | ast.BoolOp(values=[inner, *_])
            | ast.BinOp(left=inner)
        ):
            pass
        case _:
            return "…"
    return _name(inner)

"""House rules that import-linter cannot say: who commits, what is pure, the order inside a feature, sizes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[1] / "app"
MODULES = sorted(path for path in APP.rglob("*.py") if "versions" not in path.parts)
ORDER = ("rules", "models", "queries", "service", "forms", "views")
WEB_PARTS = {"flask", "flask_login", "flask_wtf", "flask_babel", "werkzeug"}
LONGEST_FUNCTION = 60
LONGEST_FILE = 400


def _name(path: Path) -> str:
    return path.relative_to(APP.parent).as_posix()


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_the_database_edge_commits(path: Path) -> None:
    if path == APP / "db.py":
        return
    calls = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]
    assert calls == []


@pytest.mark.parametrize("path", [p for p in MODULES if p.stem == "rules" or "kernel" in p.parts], ids=_name)
def test_rules_and_kernel_know_neither_web_nor_database(path: Path) -> None:
    assert {name.split(".")[0] for name in _imports(path)}.isdisjoint(WEB_PARTS | {"sqlalchemy"})


@pytest.mark.parametrize("path", [p for p in MODULES if p.stem in ORDER], ids=_name)
def test_inside_a_feature_imports_point_left(path: Path) -> None:
    package = ".".join(path.relative_to(APP.parent).parent.parts)
    right = ORDER[ORDER.index(path.stem) + 1 :]
    assert {f"{package}.{name}" for name in right}.isdisjoint(_imports(path))


@pytest.mark.parametrize("path", [p for p in MODULES if p.stem == "views"], ids=_name)
def test_views_leave_queries_to_others(path: Path) -> None:
    assert {"sqlalchemy.select", "sqlalchemy.exists", "sqlalchemy.text"}.isdisjoint(_imports(path))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_files_and_functions_fit_their_reader(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= LONGEST_FILE
    functions = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef))
    assert [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= LONGEST_FUNCTION] == []


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not source.strip() or ast.get_docstring(ast.parse(source))

"""Which tables a statement locks, and which others it decides by, as PostgreSQL's own parser reads it.

A statement that waits for a row lock sees the locked rows as they are after the wait, and every other row as it was
when the statement began (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED).
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pglast import ast as sql
from pglast import parse_sql
from pglast.enums import LockWaitPolicy

PARAMETER = re.compile(r"%\((\w+)\)s|%s")
PROCEDURAL = re.compile(r"^ *(with|insert|update|delete)\b[^;]*", re.MULTILINE)
EXECUTING = ("execute", "execute_one", "executemany")


@dataclass(frozen=True)
class LockedReading:
    """Tables of which a statement locks rows, and the other tables and private functions that it reads.

    `is_select`: it locks by `select ... for update` or the like, and may wait for the rows.
    """

    locked: frozenset[str]
    others: frozenset[str]
    is_select: bool


def read_statement(statement: str) -> LockedReading | None:
    """None for a statement that locks nothing."""
    (parsed,) = parse_sql(PARAMETER.sub("null", statement))
    nodes = list(_nodes(parsed.stmt))
    locked = {table for node in nodes for table in _locked_by(node)}
    if not locked:
        return None
    ctes = {node.ctename for node in nodes if isinstance(node, sql.CommonTableExpr)}
    read = {table for node in nodes for table in _read_by(node)} - ctes
    waits = any(
        clause.waitPolicy != LockWaitPolicy.LockWaitSkip
        for node in nodes
        if isinstance(node, sql.SelectStmt)
        for clause in node.lockingClause or ()
    )
    return LockedReading(frozenset(locked), frozenset(read - locked), waits)


def _nodes(node: Any) -> Iterator[Any]:
    """A syntax tree's nodes, but for those that name aliases and variables instead of tables."""
    if isinstance(node, tuple):
        for each in node:
            yield from _nodes(each)
    elif isinstance(node, sql.Node) and not isinstance(node, sql.LockingClause | sql.IntoClause):
        yield node
        for name in node:
            yield from _nodes(getattr(node, name))


def _locked_by(node: Any) -> Iterator[str]:
    """An insert counts: it waits for a row of the same key, and what it is selected from decides what it inserts."""
    if isinstance(node, sql.UpdateStmt | sql.DeleteStmt | sql.InsertStmt) and node.relation:
        yield str(node.relation.relname)
    elif isinstance(node, sql.SelectStmt):
        tables = {
            each.alias.aliasname if each.alias else each.relname: str(each.relname) for each in _tables(node.fromClause)
        }
        for clause in node.lockingClause or ():
            wanted = [each.relname for each in clause.lockedRels] if clause.lockedRels else list(tables)
            yield from (tables[each] for each in wanted)


def _read_by(node: Any) -> Iterator[str]:
    """A function of ours may read tables that the statement does not show."""
    if isinstance(node, sql.RangeVar):
        yield str(node.relname)
    elif isinstance(node, sql.FuncCall):
        schema, *name = [str(each.sval) for each in node.funcname or ()]
        if schema == "private":
            yield ".".join([schema, *name])


def _tables(sources: Any) -> Iterator[sql.RangeVar]:
    for source in sources or ():
        if isinstance(source, sql.RangeVar):
            yield source
        elif isinstance(source, sql.JoinExpr):
            yield from _tables((source.larg, source.rarg))


def statements_of_queries(root: Path) -> Iterator[tuple[str, str]]:
    """Every statement that a queries module executes, by module and function."""
    for file in sorted([*root.glob("functions/**/*queries.py"), *root.glob("shared/**/*queries.py")]):
        module = import_module(".".join(file.relative_to(root).with_suffix("").parts))
        functions = [each for each in ast.parse(file.read_text()).body if isinstance(each, ast.FunctionDef)]
        for function in functions:
            names = vars(module) | _local_texts(function)
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in EXECUTING:
                    yield from ((f"{module.__name__}.{function.name}", text) for text in _texts(call.args[0], names))


def _local_texts(function: ast.FunctionDef) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _texts(expression: ast.expr, names: dict[str, Any]) -> list[str]:
    """The texts that an expression of literals, the module's constants and choices can have; an argument is a name."""
    match expression:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.BinOp(left=left, right=right):
            return [one + other for one in _texts(left, names) for other in _texts(right, names)]
        case ast.IfExp(body=body, orelse=otherwise):
            return _texts(body, names) + _texts(otherwise, names)
        case ast.Name(id=name):
            return [names[name] if isinstance(names.get(name), str) else f" {name} "]
        case ast.Subscript(value=ast.Name(id=name)) if isinstance(names.get(name), dict):
            return [str(text) for text in names[name].values()]
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Attribute(attr="SQL")))):
            return []  # `alter role`, put together by psycopg: it reads no table
        case _:
            raise TypeError(f"a statement that this test cannot read: {ast.unparse(expression)}")


def statements_of_functions(migrations: Path) -> Iterator[tuple[str, str]]:
    """Every statement of the migrations' functions, by function; of PL/pgSQL each statement that can lock a row."""
    for file in sorted(migrations.glob("*.sql")):
        for parsed in parse_sql(file.read_text()):
            if not isinstance(parsed.stmt, sql.CreateFunctionStmt):
                continue
            options: dict[str, Any] = {option.defname: option.arg for option in parsed.stmt.options or ()}
            body: str = options["as"][0].sval
            name = ".".join(str(each.sval) for each in parsed.stmt.funcname or ())
            if options["language"].sval == "sql":
                yield name, body
            else:
                yield from ((name, match.group()) for match in PROCEDURAL.finditer(body))

"""Tables for spreadsheets: CSV (RFC 4180) in which no cell runs as a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from aws_lambda_powertools.event_handler import Response

CONTENT_TYPE = "text/csv; charset=utf-8"
MOST_ROWS = 20_000
"""What a Lambda can answer with, 6 MB, holds well over this many."""
# https://owasp.org/www-community/attacks/CSV_Injection
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def sheet(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """The whole table, beginning with the byte order mark by which Excel knows UTF-8; None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return "\ufeff" + out.getvalue()


def csv_response(name: str, table: str) -> Response[Any]:
    """A table as a file called `<name>.csv`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(status_code=200, content_type=CONTENT_TYPE, body=table, headers=headers)


def _cell(value: object) -> object:
    """Text that a spreadsheet would calculate gets an apostrophe, which makes it text."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(STARTS_FORMULA) else value

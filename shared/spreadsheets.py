"""Tables for spreadsheets: CSV (RFC 4180) in which no cell runs as a formula.

Headings are fields in snake_case. An amount has two columns, so that nobody reads paise as rupees: `amount_minor` is
the integer of the JSON (49900), `amount_major` the same with the decimals of its currency (499.00). Times are in UTC.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from shared.currencies import decimal_places

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


def record_sheet(
    columns: Iterable[str], records: Iterable[Mapping[str, Any]], amounts: Mapping[str, str] | None = None
) -> str:
    """A table of records; `amounts` names the column of its currency for each column that is one."""
    money, names = amounts or {}, list(columns)
    header = (heading for name in names for heading in (amount_headings(name) if name in money else (name,)))
    return sheet(header, (_cells(record, names, money) for record in records))


def model_sheet(kind: type[BaseModel], rows: Iterable[BaseModel], *amounts: str) -> str:
    """A table with a column for each field; `amounts` are fields of minor units, in the row's `currency`."""
    records = (row.model_dump(mode="json", by_alias=False) for row in rows)
    return record_sheet(kind.model_fields, records, dict.fromkeys(amounts, "currency"))


def amount_headings(name: str) -> tuple[str, str]:
    return f"{name}_minor", f"{name}_major"


def amount_cells(minor: int | None, currency: str | None) -> tuple[int | None, Decimal | None]:
    """An amount in minor and in major units: 49900 INR is 49900 and 499.00."""
    if minor is None or currency is None:
        return minor, None
    return minor, Decimal(minor).scaleb(-decimal_places(currency))


def _cells(record: Mapping[str, Any], names: Iterable[str], amounts: Mapping[str, str]) -> Iterator[object]:
    for name in names:
        if name in amounts:
            yield from amount_cells(record[name], record[amounts[name]])
        else:
            yield record[name]


def csv_response(name: str, table: str) -> Response[Any]:
    """A table as a file called `<name>.csv`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(status_code=200, content_type=CONTENT_TYPE, body=table, headers=headers)


def _cell(value: object) -> object:
    """Text that a spreadsheet would calculate gets an apostrophe, which makes it text."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(STARTS_FORMULA) else value

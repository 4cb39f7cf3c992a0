"""A school on a database of its own, whose ids come in the same order whenever the same things happen in it."""

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.deployed import Deployed
from tests.seats.school import School

# What happened can only be replayed if ids, which decide between equals, are the same again.
REPLAYABLE = """
create sequence public.ids;
create function public.next_id() returns uuid language sql volatile security definer
as $$ select md5(nextval('public.ids')::text)::uuid $$;
do $$
declare
  random record;
begin
  for random in select table_name, column_name from information_schema.columns
    where table_schema = 'public' and column_default = 'gen_random_uuid()'
  loop
    execute format('alter table public.%I alter column %I set default public.next_id()',
      random.table_name, random.column_name);
  end loop;
end
$$
"""


@pytest.fixture
def school(database: Database, deployed: Deployed) -> Iterator[School]:
    with database.look() as look:
        look.execute(REPLAYABLE)
        yield School(database, look)

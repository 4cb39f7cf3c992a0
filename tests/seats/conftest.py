"""A platform simulation on a database of its own with repeatable ids."""

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.deployed import DeployedFunctions
from tests.seats.simulation import PlatformSimulation

# Ids decide between equal rows, so a replay needs the same ids.
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
def simulation(database: Database, deployed: DeployedFunctions) -> Iterator[PlatformSimulation]:
    with database.look() as look:
        look.execute(REPLAYABLE)
        yield PlatformSimulation(database, look)

"""Arrays of numbers arrive in PostgreSQL as they left."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.warehouse.float_arrays import FloatArrayDumper
from tests.warehouses import Warehouse

VALUES = st.lists(st.none() | st.floats(allow_nan=False), max_size=300)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(arrays=st.lists(VALUES, max_size=4))
def test_arrays_arrive_as_they_left(
    module_warehouse: Warehouse, arrays: list[list[float | None]]
) -> None:
    with module_warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create temporary table landed (number int, power_kw float8[])")
        cursor.adapters.register_dumper(None, FloatArrayDumper)
        statement = "copy landed from stdin (format binary)"
        with cursor.copy(statement) as copy:
            copy.set_types(["int4", "float8[]"])
            for number, array in enumerate(arrays):
                copy.write_row([number, array])
        cursor.execute("select power_kw from landed order by number")
        assert [array for (array,) in cursor] == arrays


@pytest.mark.parametrize("value", ["1", object()])
def test_what_is_no_number_is_an_error(value: object) -> None:
    dumper = FloatArrayDumper(list)
    with pytest.raises(Exception, match=r"required argument is not a float|must be real number"):
        dumper.dump([value])  # type: ignore[list-item]

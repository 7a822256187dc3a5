"""Arrow tables, record batches and pandas frames, in and out, against the truth server."""
import threading
import time

import pandas
import pyarrow
import pytest

from dosai.map import META, SCHEMA, SPARK_SCHEMA, Mapper, MapError, Result, Spec
from lateness import allowance


@pytest.fixture
def mapper(make_truth):
    made = []

    def make(options={}, **truth):
        server = make_truth(**truth)
        made.append(Mapper(Spec(model="m", base_url=server.base, **options)))
        return made[-1], server
    yield make
    for one in made:
        one.close()


def table(count, first=0):
    ids = ["row %d" % number for number in range(first, first + count)]
    return pyarrow.table({"id": ids, "prompt": ids, "more": [0] * count})


def test_schemas():
    kinds = {"string": "string", "int64": "bigint", "bool": "boolean"}
    assert SCHEMA.names == list(Result._fields)
    assert SPARK_SCHEMA == ", ".join("%s %s" % (field.name, kinds[str(field.type)]) for field in SCHEMA)
    assert list(META.columns) == SCHEMA.names and len(META) == 0
    assert str(META.dtypes["total_tokens"]) == "Int64" and str(META.dtypes["from_journal"]) == "boolean"


def test_a_table(mapper):
    one, _ = mapper()
    given = pyarrow.table({"id": [1, 2, 3], "prompt": ["row 1", None, "row 3"]})
    found = one.table(given)
    assert found.schema == SCHEMA and found["id"].to_pylist() == ["1", "2", "3"]
    assert found["content"].to_pylist() == ["answer to row 1", None, "answer to row 3"]
    assert found["total_tokens"].to_pylist() == [12, None, 12] and found["status"].to_pylist()[1] == "INVALID_ARGUMENT"
    assert one.table(given.slice(0, 0)).schema == SCHEMA


def test_a_frame(mapper):
    one, _ = mapper()
    given = pandas.DataFrame({"id": ["a", "b"], "prompt": ["row 1", None]}, index=[7, 3])
    found = one.frame(given)
    assert list(found.index) == [7, 3] and list(found.dtypes) == list(META.dtypes)
    assert found["total_tokens"].sum() == 12 and found["content"][7] == "answer to row 1"
    with pytest.raises(MapError, match="no id"):
        one.frame(pandas.DataFrame({"id": ["a", None], "prompt": ["b", "c"]}))


def test_functions_get_all_columns(mapper):
    one, truth = mapper()
    found = one.table(table(3), id=lambda row: "%s %d" % (row["id"], row["more"]), request="prompt")
    assert found["id"].to_pylist()[1] == "row 1 0"


def test_the_next_batch_is_pulled_while_stragglers_run(mapper):
    one, truth = mapper(delay=100, slow=20, options={"concurrency": 16})  # row 37 takes 2 s
    pulled = []

    def source():
        for number in range(6):
            pulled.append(time.monotonic())
            yield table(100, number * 100).to_batches()[0]
    begun, sizes = time.monotonic(), []
    found = one.batches(source())
    first = next(found)
    assert first["id"].to_pylist() == table(100)["id"].to_pylist() and time.monotonic() - begun > 2
    assert len([each for each in pulled if each - begun < 1.9 + allowance(begun)]) >= 2
    sizes = [len(batch) for batch in found]
    assert sizes == [100] * 5


def test_threads_map_tables_at_once(mapper):
    one, truth = mapper(delay=20)
    found = {}
    threads = [threading.Thread(target=lambda n=n: found.update({n: one.table(table(200, n * 200))})) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for number in range(4):
        assert found[number]["content"].to_pylist() == ["answer to row %d" % row for row in range(number * 200, number * 200 + 200)]

"""The SQLite extension."""
import json, os, pathlib, subprocess, sys, threading, time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "Tests/Support"), str(pathlib.Path(__file__).parent)]
from by_ctypes import INTERRUPT, Connection, Failed
from lateness import allowance, wait_until
from scripts import CLOSE, begun, completion, choice, error, say
from server import LoopbackServer

KEY = "sk-secret"
EXTENSION = ROOT / "build/sqlite/dosai"
HELLO = "Hello! How can I help you today?"
CITY = '{"type": "object", "properties": {"name": {"type": "string"}}}'


def cut(request):
    return {"json": completion(choices=[choice({"role": "assistant", "content": '{"name": "Pa'}, "length")])}


def refused(request):
    return {"json": completion(choices=[choice({"role": "assistant", "content": None, "refusal": "No."})])}


def paris(request):
    return {"json": completion('{ "name": "Paris" }')}


@pytest.fixture(scope="module")
def server():
    with LoopbackServer() as running:
        for name, script in {"cut": cut, "refused": refused, "paris": paris, "broken": begun(CLOSE), "limited": error(429, "Slow down.")}.items():
            running.put(name, script)
        yield running


def connect(server, script="hello", path=":memory:", **options):
    db = Connection(path)
    db.load(EXTENSION)
    db.one("chat_connect(?)", json.dumps({"base_url": server.base(script), "api_key": KEY, **options}))
    return db


def raises(db, sql, *values):
    with pytest.raises(Failed) as caught:
        db.execute("SELECT " + sql, *values)
    return str(caught.value)


def test_chat(server):
    db = connect(server)
    assert db.one("chat('Hello!')") == HELLO
    assert db.one("chat('Hello!', NULL)") == HELLO
    db.execute("CREATE TABLE t(q)")
    db.execute("INSERT INTO t VALUES ('a'), (NULL), ('b')")
    assert db.execute("SELECT chat(q) FROM t") == [(HELLO,), (None,), (HELLO,)]


def test_the_request(server):
    db = connect(server, "echo", model="m")
    assert json.loads(db.one("chat('Hi')")) == {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    given = {"temperature": 0.5, "messages": [{"role": "system", "content": "Be brief."}]}
    sent = json.loads(db.one("chat('Gr\u00fc\u00dfe', ?)", json.dumps(given)))
    assert sent == {**given, "messages": given["messages"] + [{"role": "user", "content": "Gr\u00fc\u00dfe"}], "model": "m"}
    assert json.loads(db.one("chat('Hi', '{\"model\": \"other\"}')"))["model"] == "other"
    sent = json.loads(db.execute("SELECT group_concat(text, '') FROM chat_stream('Hi', '{\"n\": 1}') WHERE kind = 'content'")[0][0])
    assert sent == {"n": 1, "model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    assert server.stats("echo")["last_headers"] and "Bearer " + KEY in str(server.stats("echo")["last_headers"])


def test_stream(server):
    db = connect(server)
    rows = db.execute("SELECT kind, text, choice FROM chat_stream('Hello!')")
    assert [row for row in rows if row[0] != "other"] == [
        ("content", "Hello", 0), ("content", "! How can I help", 0), ("content", " you today?", 0), ("finish", "stop", 0),
        ("usage", None, None)]
    assert db.one("count(*) FROM chat_stream(NULL)") == 0
    assert db.one("count(*) FROM chat_stream('Hi', NULL) WHERE json ->> '$.model' = 'dos-ai'") == len(rows)
    assert db.execute("SELECT p, group_concat(text, '') FROM (SELECT 'a' AS p UNION SELECT 'b'), chat_stream(p) WHERE kind = 'content' "
                      "GROUP BY p") == [("a", HELLO), ("b", HELLO)]
    assert "needs a prompt" in raises(db, "* FROM chat_stream")
    assert db.execute("SELECT DISTINCT prompt, options FROM chat_stream('Hi', '{}')") == [("Hi", "{}")]
    for more, count in (("prompt = 'b'", 0), ("options = '{\"n\": 1}'", 0), ("prompt = 'Hi'", len(rows)), ("prompt LIKE 'h%'", len(rows))):
        assert db.one("count(*) FROM chat_stream('Hi', '{}') WHERE " + more) == count
    for pair, text in (("'b' AS q", None), ("'a' AS q", HELLO)):
        assert db.one("group_concat(text, '') FROM (SELECT 'a' AS p), (SELECT %s), chat_stream(p) WHERE prompt = q AND kind = 'content'" % pair) == text


def test_a_stream_that_is_left_is_cancelled(server):
    db = connect(server, "silent-chunk~left")
    assert db.one("text FROM chat_stream('Hi') WHERE kind = 'content' LIMIT 1") == "Hello"
    end = time.monotonic() + 5
    while not server.stats("silent-chunk~left")["ended"] and time.monotonic() < end:
        time.sleep(0.01)
    assert server.stats("silent-chunk~left")["ended"] == 1


def test_json(server):
    db = connect(server, "paris")
    assert db.one("chat_json('Paris?', ?)", CITY) == '{"name":"Paris"}'
    sent = json.loads(server.stats("paris")["last_body"])["response_format"]
    assert sent == {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": json.loads(CITY)}}
    assert db.one("json_array(chat_json('Paris?', ?, '{}'))", CITY) == '[{"name":"Paris"}]'
    assert db.one("chat_json(NULL, ?)", CITY) is None
    assert "INVALID_ARGUMENT" in raises(db, "chat_json('Paris?', 'x')")
    assert "is not JSON" in raises(connect(server), "chat_json('Paris?', ?)", CITY)
    assert "was cut" in raises(connect(server, "cut"), "chat_json('Paris?', ?)", CITY)
    assert "refused: No." in raises(connect(server, "refused"), "chat_json('Paris?', ?)", CITY)


def test_errors(server):
    limited = connect(server, "limited", max_retries=-1)
    for call in ("chat('Hi')", "* FROM chat_stream('Hi')", "chat_json('Hi', '{}')"):
        assert raises(limited, call) == "dosai: RATE_LIMITED: the rate limit was reached: HTTP 429: Slow down."
    assert limited.one("1") == 1
    assert "TRUNCATED" in raises(connect(server, "broken"), "* FROM chat_stream('Hi')")
    assert "TIMEOUT" in raises(connect(server, "silent", total_timeout=0.05), "chat('Hi')")
    db = connect(server)
    assert "INVALID_ARGUMENT" in raises(db, "chat('Hi', '[')")
    assert "wrong type: max_retries" in raises(db, "chat_connect('{\"max_retries\": \"two\"}')")
    assert "no such option: timeout" in raises(db, "chat_connect('{\"timeout\": 1}')")
    assert "not a JSON object" in raises(db, "chat_connect('[]')")
    assert "not a JSON object" in raises(db, "chat_connect('{')")
    assert "base_url" in raises(db, "chat_connect('{\"base_url\": \"ftp://host\"}')")
    assert db.one("chat('Hello!')") == HELLO  # by the client that there was


def test_options_are_never_changed(server):
    """A text is not cut, and a number is not rounded to 0, which would be the default, or no limit."""
    db = connect(server, "echo~whole")
    given = {"base_url": server.base("echo~whole"), "api_key": KEY}
    for wrong in ({"api_key": "sk-a\0bcd"}, {"base_url": given["base_url"] + "\0/x"}, {"model": "a\\\0b"}):
        assert "\\u0000" in raises(db, "chat_connect(?)", json.dumps({**given, **wrong}))
    for name in ("max_retries", "requests_per_minute", "tokens_per_minute", "allow_insecure_http"):
        assert "wrong type: " + name in raises(db, "chat_connect(?)", json.dumps({**given, name: 0.5}))
    for wrong in (["sk"], {"a": 1}, True, 5):
        assert "wrong type: api_key" in raises(db, "chat_connect(?)", json.dumps({**given, "api_key": wrong}))
    db.one("chat_connect(?)", json.dumps({**given, "model": "a\\u0000", "tokens_per_minute": 3_000_000_000, "idle_timeout": 1e300}))
    assert json.loads(db.one("chat('Hi')"))["model"] == "a\\u0000"
    assert "TIMEOUT" in raises(connect(server, "silent", total_timeout=0.0001), "chat('Hi')")


@pytest.mark.parametrize("answer", [1, 2], ids=["denied", "null"])
def test_an_authorizer_against_json(server, answer):
    """No option is left out, and no result is lost, where the program does not allow SQLite's JSON functions."""
    db = connect(server, "echo~authorizer-%d" % answer, model="m")
    options = json.dumps({"model": "other"})
    for denied, calls in {"json_extract": ["chat('Hi', ?)", "* FROM chat_stream('Hi', ?)", "chat_json('Hi', '{}', ?)", "chat_connect(?)"],
                          "json_type": ["chat_connect(?)"], "replace": ["chat_connect(?)"]}.items():
        db.authorize(lambda name: answer if name == denied else 0)
        for call in calls:
            said = raises(db, call, options)
            assert "json_extract is denied" in said or "the options are denied" in said, call
    assert server.stats("echo~authorizer-%d" % answer)["requests"] == 0
    db.authorize(lambda name: answer if name == "json" else 0)
    assert "or json is denied: {" in raises(db, "chat_json('Hi', '{}')")
    db.authorize(lambda name: answer if name.startswith("json") else 0)
    assert json.loads(db.one("chat('Hi')"))["model"] == "m"  # needs none


def interrupted(db, sql, after=0.15):
    """How long the statement goes on after the interrupt."""
    at = []

    def interrupt():
        wait_until(db.runs)
        at.append(time.monotonic())
        db.interrupt()
    timer = threading.Timer(after, interrupt)
    timer.start()
    with pytest.raises(Failed) as caught:
        db.execute("SELECT " + sql)
    took = time.monotonic() - at[0]
    timer.join()
    assert (caught.value.code, str(caught.value)) == (INTERRUPT, "interrupted")
    return took, at[0]


@pytest.mark.parametrize("script", ["silent", "silent-headers", "silent-chunk", "endless"])
@pytest.mark.parametrize("sql", ["chat('Hi')", "chat_json('Hi', '{}')", "count(*) FROM chat_stream('Hi')"])
def test_interrupt(server, script, sql):
    if script == "endless" and "stream" not in sql:
        script = "silent"
    db = connect(server, script)
    for _ in range(3):
        took, began = interrupted(db, sql)
        assert took < 0.05 + allowance(began)
    assert db.one("1") == 1


def test_an_interrupt_as_the_answer_comes(server):
    """It is too late for the call, but not for what reads the answer."""
    server.put("late", lambda request: db.interrupt() or paris(request))
    db = connect(server, "late")
    with pytest.raises(Failed, match="interrupted") as caught:
        db.one("chat_json('Hi', '{}')")
    assert caught.value.code == INTERRUPT


def test_interrupt_without_a_connection(server):
    server.put("later", error(503, "Later.", retry_after="60"))
    for url in (server.blackhole, server.base("later")):
        db = connect(server, base_url=url)
        took, began = interrupted(db, "chat('Hi')")
        assert took < 0.05 + allowance(began)


def test_an_interrupt_ends_a_transaction_as_sqlite_says(server):
    """Reads leave it open; and one that is over leaves no trace."""
    db = connect(server, "silent")
    db.execute("CREATE TABLE t(x)")
    db.execute("BEGIN")
    db.execute("INSERT INTO t VALUES (1)")
    interrupted(db, "chat('Hi')")
    assert db.in_transaction() and db.one("count(*) FROM t") == 1
    db.execute("COMMIT")


def test_only_top_level_sql_may_call(server, tmp_path):
    """A database file from elsewhere must not spend money, or send its reader's data."""
    path = str(tmp_path / "given.db")
    maker = Connection(path)
    maker.load(EXTENSION)
    for sql in ("CREATE TABLE t(x)", "CREATE VIEW v AS SELECT chat('Hi') AS x", "CREATE VIEW w AS SELECT text FROM chat_stream('Hi')",
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT chat_connect('{}'); END"):
        maker.execute(sql)
    maker.close()
    db = connect(server, "hello~view", path)
    assert "unsafe use of chat" in raises(db, "* FROM v")
    assert "unsafe use of virtual table" in raises(db, "* FROM w")
    with pytest.raises(Failed, match="unsafe use of chat_connect"):
        db.execute("INSERT INTO t VALUES (1)")
    assert server.stats("hello~view")["requests"] == 0


def test_a_database_file_calls_nothing(server, tmp_path):
    """SQLite before 3.50 lets a CHECK constraint call; any lets a schema call that it read before the functions were there."""
    path = str(tmp_path / "given.db")
    maker = Connection(path)
    maker.load(EXTENSION)
    for sql in ("CREATE TABLE checked(q CHECK(chat(q) IS NOT NULL))", "CREATE TABLE connected(q CHECK(chat_connect('{\"model\": \"m\"}') IS NULL))",
                "CREATE TABLE shaped(q CHECK(chat_json(q, '{}') IS NULL))",
                "CREATE TABLE made(q, a AS (0))", "INSERT INTO made(q) VALUES (1)", "PRAGMA writable_schema = ON",
                "UPDATE sqlite_schema SET sql = replace(sql, '(0)', '(chat(q))')"):
        maker.execute(sql)
    maker.close()
    db = Connection(path)
    db.one("count(*) FROM sqlite_schema")
    db.load(EXTENSION)
    db.one("chat_connect(?)", json.dumps({"base_url": server.base("echo~given"), "api_key": KEY}))
    assert "unsafe use of chat()" in raises(db, "* FROM made")
    for table, function in (("checked", "chat"), ("connected", "chat_connect"), ("shaped", "chat_json")):
        with pytest.raises(Failed, match="unsafe use of %s\\(\\)" % function):
            db.execute("INSERT INTO %s(q) VALUES ('chat')" % table)
    assert server.stats("echo~given")["requests"] == 0
    for call in ("chat('Hi')", "CHAT\n('Hi')", "\"chat\"('Hi')", "[chat] ('Hi')", "`chat`('Hi')"):
        assert json.loads(db.one(call))["model"] == "dos-ai"


def test_the_key_is_never_in_the_database(server, tmp_path):
    path = tmp_path / "kept.db"
    db = connect(server, "error-key", str(path))
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE t AS SELECT 1 AS x")
    assert "AUTHENTICATION: " in raises(db, "chat('Hi')") and KEY not in raises(db, "chat('Hi')")
    db.close()
    assert all(KEY.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_the_environment(server, monkeypatch):
    for name, value in {"DOSAI_BASE_URL": server.base("echo~env"), "DOSAI_API_KEY": "sk-env", "DOSAI_MODEL": "m"}.items():
        monkeypatch.setenv(name, value)
        os.environ[name] = value
    db = Connection()
    db.load(EXTENSION)
    assert json.loads(db.one("chat('Hi')"))["model"] == "m"
    assert "Bearer sk-env" in str(server.stats("echo~env")["last_headers"])


def test_the_key_of_the_environment_is_for_its_server_only(server, monkeypatch, tmp_path):
    """Who may run SQL must not get the key by naming a server, or a way to it."""
    for name, value in {"DOSAI_BASE_URL": server.base("echo~ours"), "DOSAI_API_KEY": "sk-env"}.items():
        monkeypatch.setenv(name, value)
    db = Connection()
    db.load(EXTENSION)
    (tmp_path / "ca.pem").write_text("")
    for at, (name, value) in enumerate({"base_url": 0, "api_key_header": "x-key", "allow_insecure_http": 0, "ca_file": str(tmp_path / "ca.pem")}.items()):
        script = "echo~theirs-%d" % at
        os.environ["DOSAI_BASE_URL"] = server.base(script)
        db.one("chat_connect(?)", json.dumps({name: value or (server.base(script) if name == "base_url" else 0)}))
        db.one("chat('Hi')")
        assert "sk-env" not in str(server.stats(script)["last_headers"])
    db.one("chat_connect('{\"proxy\": \"http://127.0.0.1:9\"}')")  # with a key, plain http through a proxy is refused
    for options, key in (("{}", "sk-env"), ('{"base_url": null, "total_timeout": 60}', "sk-env"), ('{"api_key": "sk-own"}', "sk-own")):
        db.one("chat_connect(?)", options)
        db.one("chat('Hi')")
        assert "Bearer " + key in str(server.stats(script)["last_headers"])


def test_no_retries(server):
    server.put("busy", error(503, "Busy."))
    assert "Busy." in raises(connect(server, "busy", max_retries=0), "chat('Hi')")
    assert server.stats("busy")["requests"] == 1


def test_one_connection_for_all_rows(server):
    db = connect(server, "hello~rows")
    db.execute("CREATE TABLE t AS SELECT key AS q FROM json_each(?)", json.dumps([0] * 50))
    db.execute("UPDATE t SET q = chat(q)")
    assert db.one("count(*) FROM t WHERE q = ?", HELLO) == 50
    assert (server.stats("hello~rows")["connections"], server.stats("hello~rows")["requests"]) == (1, 50)


def test_a_client_of_its_own_freed_with_it(server):
    def descriptors():
        return len(os.listdir("/proc/self/fd"))
    before = descriptors()
    for at in range(20):
        db, other = connect(server, "hello~%d" % at), connect(server, "hello~%d" % at)
        assert db.one("chat('Hi')") == other.one("chat('Hi')") == HELLO
        assert server.stats("hello~%d" % at)["connections"] == 2
        db.close()
        other.close()
    wait_until(lambda: descriptors() < before + 10)  # the server's ends close, too


def test_memory(server, tmp_path):
    """By valgrind: what the functions do, and that closing the connection frees it all."""
    program = str(tmp_path / "host")
    subprocess.run(["cc", "-Wall", "-Werror", "-o", program, str(ROOT / "bindings/sqlite/tests/host.c"), "-lsqlite3", "-pthread"], check=True)
    ran = subprocess.run(["valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=9", "--suppressions=" + str(ROOT / "bindings/sqlite/tests/loader.supp"),
                          program, str(EXTENSION), server.base("NAME")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    codes = [int(line.split()[0]) for line in ran.stdout.splitlines() if line[0] != "="]
    assert ran.returncode == 0, ran.stdout
    assert codes == [101] * 4 + [1, 1, 1, 101, 101, 101, 1, 1, 101, INTERRUPT], ran.stdout


def test_calls_keep_nothing(server):
    """LEAK_CALLS=100000 makes so many."""
    def reply(request):
        return error(400, "Not so.") if b'"bad"' in request.body else say("word ", "word ")(request)
    server.put("mixed", reply)
    ran = subprocess.run([sys.executable, str(ROOT / "bindings/sqlite/tests/leaks.py"), server.base("mixed"), os.environ.get("LEAK_CALLS", "1000")],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout


def test_cancels(server, tmp_path):
    """CANCELS=1000 interrupts so many in a connect, before an answer, in a stream and in a lookup, which takes its time."""
    shim = tmp_path / "slow_lookup.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, ROOT / "Tests/ABI/slow_lookup_shim.c"], check=True)
    urls = [server.blackhole, server.base("silent"), server.base("silent-chunk")] + ["https://slow.test/v1"] * ("CANCELS" in os.environ)
    ran = subprocess.run([sys.executable, ROOT / "bindings/sqlite/tests/cancels.py", os.environ.get("CANCELS", "12"), *urls],
                         env={**os.environ, "LD_PRELOAD": str(shim), "MALLOC_ARENA_MAX": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout


def test_it_is_small():
    text = "".join(file.read_text() for file in (ROOT / "bindings/sqlite/src").iterdir())
    assert len([line for line in text.splitlines() if line.strip()]) < 420

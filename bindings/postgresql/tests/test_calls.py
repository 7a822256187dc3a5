"""What the functions give, and who may call them."""
import json, os, pathlib, subprocess, time

import pytest

from cluster import Cluster
from scripts import choice, completion, error
from session import Session, codes

HELLO = "Hello! How can I help you today?"


@pytest.fixture
def session(cluster):
    session = Session(cluster)
    yield session
    session.close()


def use(session, server, script):
    session.ask("SET dosai.base_url = '%s'" % server.base(script))


def test_chat(session, server):
    use(session, server, "hello~chat")
    assert session.ask("SELECT dosai.chat('Hi'), dosai.chat('Hi', NULL)") == "%s|%s" % (HELLO, HELLO)
    assert session.ask("SELECT dosai.chat(NULL) IS NULL, dosai.chat(NULL, '{}') IS NULL") == "t|t"
    assert session.ask("SELECT count(dosai.chat('Hi ' || i)) FROM generate_series(1, 20) i") == "20"
    stats = server.stats("hello~chat")
    assert (stats["connections"], stats["requests"]) == (1, 22)
    assert "Bearer sk-secret" in str(stats["last_headers"])


def test_a_thousand_calls_are_not_compiled(session):
    """PostgreSQL compiles what it thinks costs much: that takes 22 MB in the backend, and gains nothing here."""
    for call in ("count(dosai.chat('Hi')) FROM generate_series(1, 1000)", "count(*) FROM generate_series(1, 1000), dosai.stream('Hi')"):
        assert "JIT" not in session.ask("EXPLAIN SELECT " + call)
        assert "JIT" in session.ask("SET jit_above_cost = 0; EXPLAIN SELECT %s; RESET jit_above_cost" % call)


def test_the_request(session, server):
    use(session, server, "echo")
    assert json.loads(session.ask("SELECT dosai.chat('Hi')")) == {"model": "dos-ai", "messages": [{"role": "user", "content": "Hi"}]}
    session.ask("SET dosai.model = 'm'")
    given = {"temperature": 0.5, "messages": [{"role": "system", "content": "Be brief."}]}
    sent = json.loads(session.ask("SELECT dosai.chat('Gr\u00fc\u00dfe \U0001f600', '%s')" % json.dumps(given)))
    assert sent == {**given, "model": "m", "messages": given["messages"] + [{"role": "user", "content": "Gr\u00fc\u00dfe \U0001f600"}]}
    assert json.loads(session.ask("SELECT dosai.chat('Hi', '{\"model\": \"other\"}')"))["model"] == "other"
    assert codes(session.ask("SELECT dosai.chat('Hi', '[]')")) == ["22023"]
    assert codes(session.ask("SELECT dosai.chat('Hi', '{\"messages\": 1}')")) == ["22023"]


def test_encodings(cluster, server):
    cluster.sql("CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C'")
    sql = "\\c latin\nSET client_encoding = 'UTF8'; CREATE EXTENSION dosai; SET dosai.base_url = '%s';"
    assert "Gr\u00fc\u00dfe" in cluster.sql(sql % server.base("echo~latin") + "SELECT dosai.chat('Gr\u00fc\u00dfe')")
    assert json.loads(server.stats("echo~latin")["last_body"])["messages"][0]["content"] == "Gr\u00fc\u00dfe"
    cluster.sql(sql % server.base("echo~latin") + "SET dosai.model = 'Gr\u00f6\u00dfe'; SELECT dosai.chat('Hi')")
    assert json.loads(server.stats("echo~latin")["last_body"])["model"] == "Gr\u00f6\u00dfe"
    assert codes(cluster.sql("\\c latin\nSET dosai.base_url = '%s'; SELECT dosai.chat('Hi')" % server.base("smile"))) == ["22P05"]
    assert codes(cluster.sql("SET dosai.base_url = '%s'; SELECT dosai.chat('Hi')" % server.base("nul"))) == ["22021"]


def test_errors_in_encodings(cluster, server):
    """What the database cannot store of an error's text is replaced, and the error comes through."""
    server.put("odd-error", error(429, "Gr\u00fc\u00dfe, \u20ac 1 \U0001f600!", x_should_retry="false"))
    server.put("odd-refusal", {"json": completion(choices=[choice({"role": "assistant", "content": None, "refusal": "No \u20ac\u0000."})])})
    whole, part = ("Gr\u00fc\u00dfe, \u20ac 1 \U0001f600!", "No \u20ac?."), ("Gr\u00fc\u00dfe, ? 1 ?!", "No ??.")
    for name, (text, refusal) in (("UTF8", whole), ("SQL_ASCII", whole), ("LATIN1", part)):
        cluster.sql("CREATE DATABASE errors_%s TEMPLATE template0 ENCODING %s LC_COLLATE 'C' LC_CTYPE 'C';\n\\c errors_%s\nCREATE EXTENSION dosai" % (name, name, name.lower()))

        def ask(script, call):
            return cluster.sql("\\c errors_%s\nSET client_encoding = '%s'; SET dosai.base_url = '%s'; SELECT %s" % (
                name.lower(), name if name == "SQL_ASCII" else "UTF8", server.base(script), call))

        for call in ("dosai.chat('Hi')", "* FROM dosai.stream('Hi')"):
            output = ask("odd-error", call)
            assert codes(output) == ["38000"] and "HTTP 429: " + text in output and "status RATE_LIMITED" in output
        assert "dosai: the model refused: " + refusal in ask("odd-refusal", "dosai.chat('Hi')")
        each = "* FROM dosai.map('SELECT 1, 2')"
        assert "1||RATE_LIMITED|429|" in ask("odd-error", each) and "HTTP 429: " + text in ask("odd-error", each)
        assert ask("odd-refusal", each) == "1||OK|200|" + refusal


def test_stream(session, server):
    use(session, server, "hello")
    kinds = [line.split("|") for line in session.ask("SELECT kind, content, choice FROM dosai.stream('Hi')").split("\n")]
    assert [row for row in kinds if row[0] != "other"] == [
        ["content", "Hello", "0"], ["content", "! How can I help", "0"], ["content", " you today?", "0"], ["finish", "stop", "0"],
        ["usage", "", ""]]
    assert session.ask("SELECT count(*) FROM dosai.stream(NULL)") == "0"
    assert session.ask("SELECT string_agg(content, '') FROM dosai.stream('Hi', '{\"n\": 1}') WHERE kind = 'content'") == HELLO
    assert session.ask("SELECT event ->> 'model' FROM dosai.stream('Hi') LIMIT 1") == "dos-ai"
    assert session.ask("SELECT (SELECT string_agg(content, '') FROM dosai.stream(p) WHERE kind = 'content'), dosai.chat(p) "
                       "FROM (VALUES ('a')) v(p)") == "%s|%s" % (HELLO, HELLO)


def test_rows_come_as_they_come(session, server):
    """In a select list; and who stops reading cancels the call."""
    use(session, server, "silent-chunk~rows")
    assert "Hello" in session.ask("SELECT dosai.stream('Hi') LIMIT 1")
    session.ask("BEGIN; DECLARE words CURSOR FOR SELECT (dosai.stream('Hi')).content")
    assert "Hello" in session.ask("FETCH 1 FROM words")
    session.ask("CLOSE words; COMMIT")
    end = time.monotonic() + 5
    while server.stats("silent-chunk~rows")["ended"] < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert server.stats("silent-chunk~rows")["ended"] == 2


def test_map(session, server):
    use(session, server, "mixed~map")
    rows = [line.split("|") for line in session.ask(
        "SELECT * FROM dosai.map($$ SELECT i, CASE i WHEN 5 THEN NULL WHEN 7 THEN 'bad' ELSE 'p' || i END FROM generate_series(1, 40) i $$,"
        " max_in_flight => 10)").split("\n")]
    assert sorted(int(row[0]) for row in rows) == list(range(1, 41))
    by_id = {row[0]: row[1:] for row in rows}
    assert by_id["5"] == ["", "", "", ""] and by_id["7"][1:3] == ["BAD_REQUEST", "400"] and "Not so." in by_id["7"][3]
    assert all(row == ["p" + id, "OK", "200", ""] for id, row in by_id.items() if id not in "57")
    assert 5 <= server.stats("mixed~map")["most_at_once"] <= 10
    assert codes(session.ask("SELECT * FROM dosai.map('SELECT 1', max_in_flight => 0)")) == ["22023"]
    assert codes(session.ask("SELECT * FROM dosai.map('SELECT 1')")) == ["22023"]
    assert codes(session.ask("SELECT * FROM dosai.map('SELECT')")) == ["22023"]
    assert codes(session.ask("SELECT * FROM dosai.map('DROP TABLE t')")) == ["42P11"]
    assert codes(session.ask("SELECT * FROM dosai.map(NULL)")) == ["22023"]
    assert session.ask("SELECT count(*) FROM dosai.map('SELECT NULL, NULL WHERE false')") == "0"
    assert session.ask("SELECT id IS NULL, answer FROM dosai.map('SELECT NULL, ''a''')") == "t|a"


def test_map_keeps_the_answers_that_fit(cluster, session, server):
    """One answer that the database cannot store costs no other."""
    cases = (("CREATE DATABASE latin1 TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C';\n\\c latin1\nCREATE EXTENSION dosai;", "\u20ac"),
             ("", "a\u0000b"))
    for at, (sql, odd) in enumerate(cases):
        server.put("odd-%d" % at, lambda request: {"json": completion(odd if json.loads(request.body)["messages"][-1]["content"] == "p3" else "fine")})
        output = cluster.sql(sql + "SET dosai.base_url = '%s'; SELECT * FROM dosai.map('SELECT i, ''p'' || i FROM generate_series(1, 6) i')" % server.base("odd-%d" % at))
        assert sorted(output.split("\n")) == ["%d|fine|OK|200|" % i if i != 3 else
                                              "3||ENCODING|200|a character is U+0000, or not in the database's encoding" for i in range(1, 7)]


def test_few_descriptors(cluster, server):
    """With few to spare, calls wait for each other; and those of one session are there for the next function."""
    ask = "SELECT count(answer) FROM dosai.map('SELECT i, i FROM generate_series(1, 300) i', max_in_flight => 256);"
    with Cluster("max_files_per_process = 64\ndosai.base_url = '%s'" % server.base("mixed~few")) as few:
        assert few.sql(ask * 2 + "SELECT dosai.chat('Hi')") == "300\n300\nHi"
    assert 2 <= server.stats("mixed~few")["most_at_once"] <= 64 // 3


def test_it_exports_no_common_names():
    """PostgreSQL loads all modules into one namespace."""
    names = subprocess.run(["nm", "-D", "--defined-only", "build/postgresql/dosai.so"], cwd=pathlib.Path(__file__).parents[3], stdout=subprocess.PIPE, text=True, check=True).stdout
    functions = ["dosai_sql_" + name for name in ("chat", "map", "stream")]
    assert sorted(line.split()[-1] for line in names.splitlines()) == sorted(["Pg_magic_func", "_PG_init", *functions, *("pg_finfo_" + name for name in functions)])


def test_errors(session, server):
    use(session, server, "limited")
    for call in ("dosai.chat('Hi')", "* FROM dosai.stream('Hi')"):
        output = session.ask("SELECT " + call)
        assert codes(output) == ["38000"]
        assert "dosai: the rate limit was reached: HTTP 429: Slow down." in output and "status RATE_LIMITED, HTTP status 429" in output
    use(session, server, "broken")
    assert "TRUNCATED" in session.ask("SELECT * FROM dosai.stream('Hi')")
    use(session, server, "refused")
    assert "refused: No." in session.ask("SELECT dosai.chat('Hi')")
    session.ask("SET dosai.base_url = '%s'" % server.refused)
    assert codes(session.ask("SELECT dosai.chat('Hi')")) == ["08006"]
    assert codes(session.ask("SET dosai.base_url = 'ftp://host'; SELECT dosai.chat('Hi')")) == ["22023"]


def test_caught_errors_leave_nothing(session, server):
    use(session, server, "limited")
    loop = ("DO $$ BEGIN FOR i IN 1..%d LOOP BEGIN PERFORM dosai.chat('Hi'); EXCEPTION WHEN external_routine_exception THEN NULL; END;"
            " BEGIN PERFORM dosai.chat('Hi', '[]'); EXCEPTION WHEN invalid_parameter_value THEN NULL; END; END LOOP; END $$")
    assert session.ask(loop % 3) == ""
    before = session.holds()
    assert session.ask(loop % 50) == ""
    assert session.holds() == before
    use(session, server, "hello")
    assert session.ask("SELECT dosai.chat('Hi')") == HELLO


def test_the_key(session, server, cluster):
    use(session, server, "echo~key")
    file = cluster.key_file
    for change, why in ((lambda: file.chmod(0o644), "Operation not permitted"), (lambda: file.rename(file.with_suffix(".old")), "No such file"),
                        (lambda: file.with_suffix(".old").rename(file) and file.chmod(0o640) or file.write_text("\n"), "No data available")):
        change()
        for call in ("dosai.chat('Hi')", "* FROM dosai.stream('Hi')", "* FROM dosai.map('SELECT 1, ''a''')"):
            output = session.ask("SELECT " + call)
            assert "could not read the file of dosai.key_file: " + why in output and str(file) not in output
    os.mkfifo(file.with_suffix(".pipe"))
    for path in (file.with_suffix(".pipe"), cluster.data):
        assert "Operation not permitted" in session.ask("SET dosai.key_file = '%s'; SELECT dosai.chat('Hi')" % path)
    session.ask("RESET dosai.key_file")
    for whole in ("sk-a\0bcd\n", "k" * 20_000):  # no part of it is sent
        file.write_text(whole)
        assert "could not read the file of dosai.key_file: Invalid argument" in session.ask("SELECT dosai.chat('Hi')")
    file.write_text("sk-other\n")
    assert session.ask("SELECT dosai.chat('Hi') IS NOT NULL") == "t"  # a new key needs no new session
    assert "Bearer sk-other" in str(server.stats("echo~key")["last_headers"])
    file.write_text("sk-secret\n")
    use(session, server, "error-key")
    output = session.ask("SELECT dosai.chat('Hi')") + session.ask("SELECT * FROM pg_settings WHERE name LIKE 'dosai%'")
    assert "AUTHENTICATION" in output and "sk-secret" not in output
    assert "sk-secret" not in (cluster.data / "log").read_text(errors="replace")
    session.ask("SET dosai.key_file = ''")
    use(session, server, "echo~none")
    session.ask("SELECT dosai.chat('Hi')")
    assert "authorization" not in str(server.stats("echo~none")["last_headers"]).lower()


def test_privileges(cluster, server):
    """Nobody may call until it is granted; and who may call still cannot choose where the data goes."""
    cluster.sql("CREATE ROLE reader LOGIN; CREATE ROLE caller LOGIN; GRANT USAGE ON SCHEMA dosai TO caller;"
                "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA dosai TO caller;"
                "CREATE TABLE secret AS SELECT 1 AS id, 'x'::text AS prompt")
    for grant in ("SELECT 1", "GRANT USAGE ON SCHEMA dosai TO reader"):
        cluster.sql(grant)
        for call in ("dosai.chat('Hi')", "dosai.stream('Hi')", "dosai.map('SELECT 1, 2')"):
            assert codes(cluster.sql("SELECT " + call, user="reader")) == ["42501"]
    assert cluster.sql("SELECT dosai.chat('Hi')", user="caller") == HELLO
    for name in ("base_url", "key_file", "ca_file"):
        sql = "SELECT dosai.chat(NULL); SET dosai.%s = 'http://elsewhere'" % name
        assert codes(cluster.sql(sql, user="caller")) == ["42501"]
        early = "SET dosai.%s = 'http://elsewhere'; SELECT dosai.chat('Hi')" % name  # before the library is loaded
        assert HELLO in cluster.sql(early, user="caller") and "permission denied" in cluster.sql(early, user="caller")
        assert codes(cluster.sql("ALTER ROLE caller SET dosai.%s = 'x'" % name, user="caller")) == ["42501"]
        # Given at the start, it takes the place of what postgresql.conf says, which PostgreSQL then forgets.
        start = "\\c \"dbname=postgres user=%%s options='-c dosai.%s=%s'\"\n" % (name, server.base("hello~start") if name == "base_url" else "")
        for call in ("dosai.chat('Hi')", "dosai.stream('Hi')", "dosai.map('SELECT 1, 2')"):
            output = cluster.sql(start % "caller" + "SELECT %s; SELECT %s" % (call, call))
            assert codes(output) == ["42501"] * 2 and 'permission denied to set parameter "dosai.%s"' % name in output
        assert cluster.sql(start % "admin" + "SELECT dosai.chat('Hi')") == HELLO
    assert "m" in cluster.sql("\\c \"dbname=postgres user=caller options='-c dosai.model=m'\"\nSELECT dosai.chat('Hi'); SHOW dosai.model", user="caller").split()
    assert codes(cluster.sql("SELECT dosai.chat(NULL); SHOW dosai.key_file", user="caller")) == ["42501"]
    assert cluster.sql("SELECT dosai.chat(NULL); SELECT count(*) FROM pg_settings WHERE name = 'dosai.key_file'", user="caller").strip() == "0"
    assert codes(cluster.sql("SELECT * FROM dosai.map('SELECT id, prompt FROM secret')", user="caller")) == ["42501"]
    assert codes(cluster.sql("CREATE EXTENSION dosai SCHEMA public", user="caller"))
    cluster.sql("GRANT SET ON PARAMETER dosai.base_url TO caller")
    assert codes(cluster.sql("SET dosai.base_url = '%s'; SELECT dosai.chat('Hi')" % server.base("limited"), user="caller")) == ["38000"]

"""SQLite by ctypes: not every Python's sqlite3 can load extensions. SQLITE_LIBRARY names another version."""
import ctypes, os, pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
sqlite = ctypes.CDLL(os.environ.get("SQLITE_LIBRARY", "libsqlite3.so.0"))
ROW, INTERRUPT, TRANSIENT = 100, 9, ctypes.c_void_p(-1)
for name in ("errmsg", "column_text", "libversion"):
    getattr(sqlite, "sqlite3_" + name).restype = ctypes.c_char_p


class Failed(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Connection:
    def __init__(self, path=":memory:"):
        self.db, self.statement = ctypes.c_void_p(), None
        self.check(sqlite.sqlite3_open(path.encode(), ctypes.byref(self.db)))

    def load(self, extension):
        message = ctypes.c_char_p()
        sqlite.sqlite3_enable_load_extension(self.db, 1)
        if sqlite.sqlite3_load_extension(self.db, str(extension).encode(), None, ctypes.byref(message)):
            raise Failed(1, message.value.decode())

    def check(self, code):
        if code not in (0, ROW, 101):
            raise Failed(code, sqlite.sqlite3_errmsg(self.db).decode())
        return code

    def execute(self, sql, *values):
        """The rows, read to their end."""
        statement = ctypes.c_void_p()
        self.check(sqlite.sqlite3_prepare_v2(self.db, sql.encode(), -1, ctypes.byref(statement), None))
        self.statement = statement
        try:
            for at, value in enumerate(values, 1):
                self.check(sqlite.sqlite3_bind_text(statement, at, value.encode(), -1, TRANSIENT))
            rows = []
            while self.check(sqlite.sqlite3_step(statement)) == ROW:
                rows.append(tuple(self.column(statement, at) for at in range(sqlite.sqlite3_column_count(statement))))
            return rows
        finally:
            self.statement = None
            sqlite.sqlite3_finalize(statement)

    def column(self, statement, at):
        kind = sqlite.sqlite3_column_type(statement, at)
        text = sqlite.sqlite3_column_text(statement, at)
        return None if kind == 5 else int(text) if kind == 1 else text.decode()

    def one(self, expression, *values):
        return self.execute("SELECT " + expression, *values)[0][0]

    def runs(self):
        """Whether a statement does: SQLite forgets an interrupt of what does not run yet."""
        statement = self.statement
        return statement is not None and bool(sqlite.sqlite3_stmt_busy(statement))

    def interrupt(self):
        sqlite.sqlite3_interrupt(self.db)

    def authorize(self, answer):
        """answer(name of a function) is 0 to allow it, 1 to deny it, 2 to make its result NULL."""
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, *[ctypes.c_char_p] * 4)
        self.authorizer = kind(lambda _, action, first, second, *rest: answer(second.decode()) if action == 31 else 0)
        self.check(sqlite.sqlite3_set_authorizer(self.db, self.authorizer, None))

    def in_transaction(self):
        return not sqlite.sqlite3_get_autocommit(self.db)

    def close(self):
        self.check(sqlite.sqlite3_close(self.db))

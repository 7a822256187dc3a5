-module(heap).
-export([in_use/0]).
-on_load(load/0).

load() -> erlang:load_nif(filename:rootname(code:which(?MODULE)), 0).

in_use() -> erlang:nif_error(not_loaded).

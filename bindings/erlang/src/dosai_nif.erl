%% The library's loop and calls: see c_src/dosai_nif.c. Use dosai instead.
-module(dosai_nif).
-export([client/2, own/1, close/1, step/1, submit/7, cancel/1, leave/1, taken/1, is_cancelled/1, state/1, failure/2, version/0]).
-on_load(load/0).

load() ->
    erlang:load_nif(filename:join(code:priv_dir(dosai), "dosai_nif"), 0).

client(_ClientOptions, _LoopOptions) -> erlang:nif_error(not_loaded).
own(_Client) -> erlang:nif_error(not_loaded).
close(_Client) -> erlang:nif_error(not_loaded).
step(_Client) -> erlang:nif_error(not_loaded).
submit(_Client, _Kind, _Process, _Reference, _Path, _Body, _Options) -> erlang:nif_error(not_loaded).
cancel(_Call) -> erlang:nif_error(not_loaded).
leave(_Call) -> erlang:nif_error(not_loaded).
taken(_Call) -> erlang:nif_error(not_loaded).
is_cancelled(_Call) -> erlang:nif_error(not_loaded).
state(_Call) -> erlang:nif_error(not_loaded).
failure(_Status, _Message) -> erlang:nif_error(not_loaded).
version() -> erlang:nif_error(not_loaded).

#!/usr/bin/env escript
%% -*- erlang -*-
%% LEAK_CALLS calls, 5,000 if it is not set: whole, streamed, left, cancelled and failed.
-mode(compile).
-import(support, [client/1, contents/1]).

main(_) ->
    Calls = list_to_integer(os:getenv("LEAK_CALLS", "5000")),
    {ok, Mixed} = client("mixed"),
    rounds(Mixed, 0, Calls div 4),
    Before = resident(),
    rounds(Mixed, Calls div 4, Calls),
    Grown = resident() - Before,
    io:format("~b calls: ~b KB, grown by ~b KB~n", [Calls, resident(), Grown]),
    true = Grown < 512 + Calls * 0.02,
    io:format("ok memory~n").

resident() ->
    support:settled(),
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = string:split(Text, " ", all),
    binary_to_integer(Pages) * 4.

%% Large enough to be missed.
question() -> (support:question())#{user => binary:copy(<<"u">>, 4000)}.

rounds(_, To, To) -> ok;
rounds(Mixed, At, To) ->
    [{error, _} = dosai:chat(Mixed, "[]") || _ <- lists:seq(1, 10)],
    once(Mixed, At rem 5),
    rounds(Mixed, At + 1, To).

once(Mixed, 0) -> {ok, _} = dosai:chat(Mixed, question());
once(Mixed, 1) -> <<_/binary>> = contents(dosai:stream(Mixed, question()));
once(Mixed, 2) ->
    {ok, Stream} = dosai:stream(Mixed, question()),
    {ok, _, _} = dosai:next(Stream),
    dosai:close(Stream);
once(Mixed, 3) ->
    {ok, Stream} = dosai:stream(Mixed, question()),
    {ok, _, Rest} = dosai:next(Stream),
    dosai:cancel(Rest),
    {error, #{status := cancelled}} = contents(Rest);
once(_, 4) ->
    {ok, One} = client("mixed"),
    {error, _} = dosai:chat(One, #{model => bad}),
    dosai:stop(One).

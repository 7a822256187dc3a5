#!/usr/bin/env escript
%% -*- erlang -*-
%% So many processes, each with a stream of its own, all at the same time, on one loop. Then all is as after a few.
-mode(compile).
-import(support, [question/0, contents/1]).

main([Count]) ->
    crowd(10),
    Before = left(),
    crowd(list_to_integer(Count)),
    ok = is_back(Before, 50).

%% One or two megabytes, the VM and malloc may keep for themselves.
is_back({Processes, Descriptors, Memory, Heap} = Before, Left) ->
    case left() of
        {Processes, Descriptors, MemoryAfter, HeapAfter} = After when MemoryAfter < Memory + 2097152, HeapAfter < Heap + 1048576 ->
            io:format("ok processes, descriptors, memory of the VM and of C: ~w, then ~w~n", [Before, After]);
        _ when Left > 0 -> timer:sleep(100), is_back(Before, Left - 1);
        After -> {left, Before, After}
    end.

crowd(Count) ->
    {ok, Client} = dosai:start_link(#{
        base_url => os:getenv("DOSAI_TEST_CROWD"), ca_file => os:getenv("DOSAI_TEST_CA"), api_key => "k", max_retries => -1,
        connect_timeout_ms => 60000, first_token_timeout_ms => 60000, idle_timeout_ms => 60000}),
    Readers = [spawn_monitor(fun() -> read(Client, iolist_to_binary(io_lib:format("~b/~b", [At, Count]))) end) || At <- lists:seq(1, Count)],
    Count = length([whole || {Reader, Monitor} <- Readers, receive {'DOWN', Monitor, process, Reader, Why} -> Why =:= whole end]),
    io:format("ok ~b streams at once~n", [Count]),
    dosai:stop(Client).

read(Client, Name) ->
    Text = <<<<Name/binary, "-", Piece, " ">> || <<Piece>> <= <<"012">>>>,
    case contents(dosai:stream(Client, (question())#{model => Name})) of
        Text -> exit(whole);
        Other -> exit({other, Other})
    end.

left() ->
    support:settled(),
    {ok, Open} = file:list_dir("/proc/self/fd"),
    {erlang:system_info(process_count), length(Open), erlang:memory(processes_used) + erlang:memory(system), heap:in_use()}.

#!/usr/bin/env escript
%%! +sbwt none +sbwtdcpu none +sbwtdio none
%% Many paced streams at once in one VM, each read by a process of its own: by the binding, and by httpc with jiffy.
%% usage: MODE BASE STREAMS COUNT PERIOD   MODE: dosai or native; the server is benchmarks/paced.c.
%% Prints microseconds of CPU a chunk, streams that were whole, and the median and 99th percentile of the delays in
%% microseconds, of the later three quarters of each stream.
-mode(compile).

main([Mode, Base | Numbers]) ->
    [Streams, Count, Period] = lists:map(fun list_to_integer/1, Numbers),
    Open = opener(Mode, Base),
    _ = Open(model(1, 1), fun(_) -> ok end), % warm
    Before = cpu(),
    Self = self(),
    Readers = [spawn_link(fun() -> Self ! {self(), read(Open, Count, Period)} end) || _ <- lists:seq(1, Streams)],
    Delays = [receive {Reader, Seen} -> Seen end || Reader <- Readers],
    Spent = cpu() - Before,
    Sorted = lists:sort(lists:append([lists:nthtail(Count div 4, Seen) || Seen <- Delays, length(Seen) =:= Count])),
    At = fun(Share) -> lists:nth(max(1, trunc(length(Sorted) * Share)), Sorted) div 1000 end,
    Chunks = lists:sum([length(Seen) || Seen <- Delays]),
    io:format("~.2f ~b ~b ~b~n", [Spent / Chunks / 1000, length([Seen || Seen <- Delays, length(Seen) =:= Count]), At(0.5), At(0.99)]).

model(Count, Period) -> list_to_binary(io_lib:format("paced-~b-~b", [Count, Period])).

%% The delays of a stream's events, in nanoseconds; the content of each is when it was sent.
read(Open, Count, Period) ->
    put(delays, []),
    Open(model(Count, Period), fun
        (<<" ", Sent/binary>>) ->
            put(delays, [os:perf_counter(nanosecond) - binary_to_integer(Sent) | get(delays)]);
        (_) -> ok
    end),
    lists:reverse(get(delays)).

cpu() ->
    lists:sum([begin
        {ok, Text} = file:read_file(File),
        binary_to_integer(hd(binary:split(Text, <<" ">>)))
    end || File <- filelib:wildcard("/proc/self/task/*/schedstat")]).

opener("dosai", Base) ->
    {ok, Client} = dosai:start_link(#{base_url => Base}),
    fun(Model, Take) ->
        {ok, Stream} = dosai:stream(Client, #{model => Model, messages => messages()}),
        {ok, _, _} = dosai:fold(fun(#{content := Content}, _) -> Take(Content) end, ok, Stream)
    end;
opener("native", Base) ->
    {ok, _} = application:ensure_all_started(inets),
    ok = httpc:set_options([{max_sessions, 100000}]),
    fun(Model, Take) ->
        Body = jiffy:encode(#{model => Model, messages => messages(), stream => true}),
        {ok, Id} = httpc:request(post, {Base ++ "/chat/completions", [], "application/json", Body}, [{timeout, infinity}],
            [{sync, false}, {stream, self}]),
        receive {http, {Id, stream_start, _}} -> parts(Id, <<>>, Take) end
    end.

messages() -> [#{role => user, content => <<"Hello!">>}].

parts(Id, Rest, Take) ->
    receive
        {http, {Id, stream, Part}} ->
            [Left | Lines] = lists:reverse(binary:split(<<Rest/binary, Part/binary>>, <<"\n">>, [global])),
            [Take(content(Line)) || Line <- lists:reverse(Lines)],
            parts(Id, Left, Take);
        {http, {Id, stream_end, _}} -> ok
    end.

content(<<"data: {", _/binary>> = Line) ->
    case jiffy:decode(binary:part(Line, 6, byte_size(Line) - 6), [return_maps]) of
        #{<<"choices">> := [#{<<"delta">> := #{<<"content">> := Content}} | _]} when is_binary(Content) -> Content;
        _ -> <<>>
    end;
content(_) -> <<>>.

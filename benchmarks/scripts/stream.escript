#!/usr/bin/env escript
%%! +sbwt none +sbwtdcpu none +sbwtdio none
%% Streams in Erlang: the CPU of the VM a chunk, without its busy waits, by the binding and by httpc with jiffy.
%% usage: MODE BASE CALLS   MODE: dosai or native; the calls are one behind the other, on one connection.
%% Prints nanoseconds of CPU, chunks, and bytes of text.
-mode(compile).

main([Mode, Base, Calls]) ->
    Once = case Mode of
        "dosai" ->
            {ok, Client} = dosai:start_link(#{base_url => Base, max_text_bytes => infinity}),
            fun() -> with_dosai(Client) end;
        "native" ->
            {ok, _} = application:ensure_all_started(inets),
            ok = httpc:set_options([{max_sessions, 1}]),
            fun() -> with_httpc(Base ++ "/chat/completions") end
    end,
    Before = cpu(),
    {Chunks, Bytes} = lists:foldl(fun(_, {SumChunks, SumBytes}) ->
        {Some, Text} = Once(),
        {SumChunks + Some, SumBytes + iolist_size(Text)}
    end, {0, 0}, lists:seq(1, list_to_integer(Calls))),
    io:format("~b ~b ~b~n", [cpu() - Before, Chunks, Bytes]).

%% Of all threads of the VM.
cpu() ->
    lists:sum([begin
        {ok, Text} = file:read_file(File),
        binary_to_integer(hd(binary:split(Text, <<" ">>)))
    end || File <- filelib:wildcard("/proc/self/task/*/schedstat")]).

messages() -> [#{role => user, content => <<"Hello!">>}].

with_dosai(Client) ->
    {ok, Stream} = dosai:stream(Client, #{model => m, messages => messages()}),
    {ok, {Chunks, Text}, _} = dosai:fold(fun(#{content := Piece}, {Count, Parts}) -> {Count + 1, [Piece | Parts]} end, {0, []}, Stream),
    {Chunks, lists:reverse(Text)}.

with_httpc(Url) ->
    Body = jiffy:encode(#{model => m, messages => messages(), stream => true}),
    {ok, Id} = httpc:request(post, {Url, [], "application/json", Body}, [], [{sync, false}, {stream, self}, {body_format, binary}]),
    receive {http, {Id, stream_start, _}} -> receive_parts(Id, <<>>, 0, []) end.

receive_parts(Id, Rest, Count, Text) ->
    receive
        {http, {Id, stream, Part}} ->
            [Left | Lines] = lists:reverse(binary:split(<<Rest/binary, Part/binary>>, <<"\n">>, [global])),
            {Chunks, Parts} = read(lists:reverse(Lines), Count, Text),
            receive_parts(Id, Left, Chunks, Parts);
        {http, {Id, stream_end, _}} -> {Count, lists:reverse(Text)}
    end.

read([<<"data: [DONE]", _/binary>> | Lines], Count, Text) -> read(Lines, Count, Text);
read([<<"data: ", Json/binary>> | Lines], Count, Text) ->
    Content = case jiffy:decode(Json, [return_maps]) of
        #{<<"choices">> := [#{<<"delta">> := #{<<"content">> := Piece}} | _]} when is_binary(Piece) -> Piece;
        _ -> <<>>
    end,
    read(Lines, Count + 1, [Content | Text]);
read([_ | Lines], Count, Text) -> read(Lines, Count, Text);
read([], Count, Text) -> {Count, Text}.

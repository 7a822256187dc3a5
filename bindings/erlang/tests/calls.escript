#!/usr/bin/env escript
%% -*- erlang -*-
-mode(compile).
-import(support, [question/0, client/1, client/2, contents/1, test/2, fails/2]).
-define(HELLO, <<"Hello! How can I help you today?">>).

main(_) ->
    test("chat", fun chat/0),
    test("wrong types", fun wrong/0),
    test("stream", fun stream/0),
    test("a slow reader beside a fast one", fun slow/0),
    test("chunks that are kept", fun kept/0),
    test("messages", fun messages/0),
    test("errors", fun errors/0),
    test("other endpoints", fun endpoints/0),
    test("tools", fun tools/0),
    test("a forced call", fun forced/0),
    test("a result that is not UTF-8", fun bytes/0),
    test("tools at once", fun tools_at_once/0),
    test("many processes", fun many/0),
    test("names and supervisors", fun names/0).

chat() ->
    {ok, Echo} = client("echo"),
    Request = (question())#{seed => 0, user => nil},
    {ok, Answer} = dosai:chat(Echo, Request, #{headers => [{"x-own", "yes"}]}),
    #{<<"model">> := <<"m">>, <<"seed">> := 0, <<"user">> := null, <<"messages">> := [#{<<"content">> := <<"Hello!">>}]} =
        jiffy:decode(maps:get(text, Answer), [return_maps]),
    #{request_id := <<"req-1">>, http_status := 200, usage := #{total_tokens := 21} = Usage, attempts := [#{status := ok}],
        choices := [#{finish_reason := <<"stop">>, message := Message}], timings := #{total_us := Total}} = Answer,
    false = maps:is_key(cached_tokens, Usage),
    true = Total > 0,
    [begin
        {ok, #{text := Again}} = dosai:chat(Echo, #{Key => [Message], seed => 0}),
        Again = <<"{\"messages\":[", (maps:get(json, Message))/binary, "],\"seed\":0}">>
    end || Key <- [messages, <<"messages">>]],
    {ok, #{text := ?HELLO}} = dosai:chat(element(2, client("hello")), ["{\"model\":", <<"\"m\"">>, ",\"messages\":[]}"]).

wrong() ->
    {ok, Hello} = client("hello"),
    [fails(invalid_argument, dosai:chat(Hello, Wrong)) || Wrong <- ["[]", <<"{">>, atom, 1, {}, #{model => self()}, #{messages => [self()]}]],
    #{message := Brief} = fails(invalid_argument, dosai:chat(Hello, #{model => not_utf8()})), % it quotes little of it
    true = byte_size(Brief) < 1200,
    [fails(invalid_argument, dosai:start_link(#{Key => Value})) || {Key, Value} <-
        [{nothing, 1}, {base_url, "nonsense"}, {max_retries, 1 bsl 33}, {idle_timeout_ms, 1 bsl 70}, {user_agent, "a\0b"}, {user_agent, 1},
         {max_in_flight, "1"}, {max_retries, infinity}, {max_redirects, infinity}, {max_retries, true}, {http1_only, infinity}, {http1_only, 2},
         {headers, [{"a", self()}]}, {headers, [{"a", "b\r\nc: d"}]}, {headers, [<<"a: b">>]}, {headers, <<"a: b">>}, {headers, "a: b"}, {headers, #{"a" => $b}},
         {api_key, fun() -> $k end}, {on_log, fun() -> 1 end}, {struct_size, 1}]],
    [fails(invalid_argument, dosai:chat(Hello, question(), #{Key => 1})) || Key <- [cancel, last_event, base_url, headers]],
    [fails(invalid_argument, dosai:get(Hello, Path)) || Path <- ["/a\0b", $a]],
    [{'EXIT', _} = (catch Function()) || Function <- [fun() -> dosai:cancel(x) end, fun() -> dosai_nif:step(x) end, fun() -> dosai_nif:taken(1) end,
        fun() -> dosai_nif:own(make_ref()) end]],
    fails(invalid_argument, dosai_nif:client(a, [])),
    {ok, Limitless} = client("hello", maps:from_keys([max_in_flight, max_connections_per_host, idle_timeout_ms, max_event_bytes, tokens_per_minute], infinity)),
    {ok, #{text := ?HELLO}} = dosai:chat(Limitless, question(), #{total_timeout_ms => infinity}),
    [os:putenv(Name, "") || Name <- ["DOSAI_API_KEY", "DOSAI_BASE_URL"]],
    {ok, _} = dosai:start_link(#{http1_only => true, allow_insecure_http => false}),
    {ok, #{text := ?HELLO}} = dosai:chat(Hello, question()).

stream() ->
    {ok, Hello} = client("hello"),
    ?HELLO = contents(dosai:stream(Hello, question())),
    [over(Hello) || _ <- lists:seq(1, 1000)],
    {ok, Endless} = client("endless"),
    {ok, Slow} = dosai:stream(Endless, question()),
    timeout = all_chunks(Slow).

%% What is read after the end does not wait, even at once.
over(Hello) ->
    {ok, Stream} = dosai:stream(Hello, question()),
    {ok, #{text := ?HELLO}} = dosai:result(Stream),
    fails(cancelled, dosai:next(Stream, 5000)).

all_chunks(Stream) ->
    case dosai:next(Stream, 200) of
        {ok, _, Rest} -> all_chunks(Rest);
        Other -> Other
    end.

slow() ->
    {ok, Many} = client("many"),
    {ok, Slow} = dosai:stream(Many, question()),
    {ok, #{content := First}, Rest} = dosai:next(Slow),
    support:settled(),
    Before = erlang:memory(total),
    All = contents(dosai:stream(Many, question())),
    {message_queue_len, Waiting} = process_info(self(), message_queue_len),
    true = Waiting =< 16,
    flat(Before + (8 bsl 20), 50), % of 15 MB that are unread
    {ok, Parts, _} = dosai:fold(fun(#{content := Text}, Acc) -> [Text | Acc] end, [First], Rest),
    All = iolist_to_binary(lists:reverse(Parts)).

%% Garbage goes, if not at once.
flat(Limit, Tries) when Tries > 0 ->
    support:settled(),
    erlang:memory(total) < Limit orelse begin timer:sleep(20), flat(Limit, Tries - 1) end.

%% They share binaries, which are small.
kept() -> [kept(element(2, client(Script))) || Script <- ["many", "sizes"]].

kept(Client) ->
    {ok, Stream} = dosai:stream(Client, question()),
    {ok, Chunks, #{text := All}} = dosai:fold(fun(Chunk, Acc) -> [Chunk | Acc] end, [], Stream),
    All = iolist_to_binary(lists:reverse([is_kept(Chunk) || Chunk <- Chunks])).

is_kept(#{content := Content, json := Json}) ->
    [true = binary:referenced_byte_size(Text) =< max(16384, byte_size(Text)) || Text <- [Content, Json]],
    #{<<"choices">> := [#{<<"delta">> := Delta}]} = jiffy:decode(Json, [return_maps]),
    Content = maps:get(<<"content">>, Delta, <<>>).

messages() ->
    {ok, Hello} = client("hello"),
    {ok, Stream} = dosai:submit(Hello, {stream, question()}),
    Ref = dosai:ref(Stream),
    Kinds = receive_all(Stream, Ref, []),
    [#{kind := other} | _] = Kinds,
    {ok, Chat} = dosai:submit(Hello, {chat, question()}),
    Other = dosai:ref(Chat),
    receive {dosai, Other, {ok, #{text := ?HELLO}}} -> ok end.

receive_all(Stream, Ref, Chunks) ->
    receive
        {dosai, Ref, {chunks, More}} ->
            ok = dosai:taken(Stream),
            receive_all(Stream, Ref, Chunks ++ More);
        {dosai, Ref, {ok, _}} -> Chunks
    end.

errors() ->
    #{http_status := 429, is_retryable := true, attempts := [_], body := _} = Limited =
        fails(rate_limited, dosai:chat(element(2, client("limited")), question())),
    false = maps:is_key(completion, Limited),
    #{completion := #{text := <<"0 1 2 ">>}} = fails(truncated, contents(dosai:stream(element(2, client("half")), question()))),
    #{clock := idle} = fails(timeout, contents(dosai:stream(element(2, client("endless")), question(), #{idle_timeout_ms => 50}))).

endpoints() ->
    {ok, Echo} = client("echo"),
    {ok, #{json := Got}} = dosai:get(Echo, "/models"),
    #{<<"method">> := <<"GET">>} = jiffy:decode(Got, [return_maps]),
    {ok, #{json := Posted}} = dosai:post(Echo, <<"/embeddings">>, #{n => 1}),
    #{<<"body">> := <<"{\"n\":1}">>} = jiffy:decode(Posted, [return_maps]),
    {ok, Events} = dosai:post_stream(element(2, client("events")), "/responses", #{stream => true}, #{last_event => "end"}),
    {ok, [{<<"end">>, <<"{}">>, <<"4">>}, {<<"said">>, <<"{}">>, <<"4">>}], _} = dosai:fold(
        fun(#{kind := event, event_type := Type, text := Text, event_id := Id}, Acc) -> [{Type, Text, Id} | Acc] end, [], Events).

tools() ->
    {ok, Model} = client("model"),
    Tools = [#{name => <<"add">>, description => <<"Adds">>, parameters => #{type => object}, run => fun(#{<<"a">> := A, <<"b">> := B}) -> #{sum => A + B} end},
        #{name => <<"fail">>, run => fun(_) -> throw(<<"no luck">>) end}],
    {ok, #{text := <<"{\"sum\":3}|error: no luck|error: there is no function nobody|error: the arguments are no object">>}, Messages} =
        dosai:run_tools(Model, (question())#{tool_choice => required}, Tools),
    7 = length(Messages),
    #{role := <<"assistant">>, content := <<"{\"sum\":3}|", _/binary>>} = lists:last(Messages),
    {ok, #{text := Cut}, _} = dosai:run_tools(Model, (question())#{model => <<"cut">>}, Tools),
    <<"error: the arguments are not valid JSON">> = lists:last(binary:split(Cut, <<"|">>, [global])),
    #{<<"own">> := 1} = jiffy:decode(maps:get(json, lists:nth(2, Messages)), [return_maps]),
    #{completion := #{choices := [#{message := #{tool_calls := [_, _, _, _]}}]}} = fails(too_large, dosai:run_tools(Model, question(), Tools, #{max_rounds => 1})).

%% The answer is the second question.
forced() ->
    {ok, Model} = client("forced"),
    Add = #{name => <<"add">>, run => fun(_) -> <<>> end},
    Choices = list_to_binary(os:getenv("DOSAI_TEST_CHOICES")),
    [begin
        [First, Then] = binary:split(Line, <<"\t">>),
        Second = jiffy:decode(Then, [return_maps]),
        Map = jiffy:decode(First, [return_maps]),
        [begin
            {ok, #{text := Text}, _} = dosai:run_tools(Model, (question())#{tool_choice => Choice}, [Add]),
            {Second, _} = {maps:get(<<"tool_choice">>, jiffy:decode(Text, [return_maps]), none_sent), Choice}
        end || Choice <- [Map, jiffy:decode(First), atoms(Map)]]
    end || Line <- binary:split(Choices, <<"\n">>, [global, trim])],
    {ok, #{text := Plain}, _} = dosai:run_tools(element(2, client("echo")), question(), [Add]),
    nomatch = binary:match(Plain, <<"tool_choice">>).

atoms(Text) when is_binary(Text) -> binary_to_atom(Text);
atoms(Map) when is_map(Map) -> maps:from_list([{atoms(Key), atoms(Value)} || {Key, Value} <- maps:to_list(Map)]);
atoms(List) -> [atoms(Each) || Each <- List].

%% The model is told of it, and the loop goes on.
bytes() ->
    {ok, Model} = client("model"),
    Tools = [#{name => <<"add">>, run => fun(_) -> <<"caf", 233>> end}, #{name => <<"fail">>, run => fun(_) -> throw(<<255>>) end}],
    Told = <<"error: the result is not UTF-8">>,
    {ok, #{text := Text}, _} = dosai:run_tools(Model, question(), Tools),
    [Told, Told | _] = binary:split(Text, <<"|">>, [global]),
    Large = [#{name => <<"add">>, run => fun(_) -> #{text => not_utf8()} end}, #{name => <<"fail">>, run => fun(_) -> exit({lists:duplicate(100000, $a), not_utf8()}) end}],
    {ok, #{text := Brief}, _} = dosai:run_tools(Model, question(), Large),
    true = byte_size(Brief) < 4000.

not_utf8() -> <<(binary:copy(<<"a">>, 2 bsl 20))/binary, 255>>.

%% A process each: two that wait for one another, and one that is killed; and all end with the caller.
tools_at_once() ->
    {ok, Model} = client("model"),
    {Begun, Self} = {counters:new(1, []), self()},
    Add = #{name => <<"add">>, run => fun(_) -> meet(Begun), <<"met">> end},
    Fail = #{name => <<"fail">>, run => fun(_) -> meet(Begun), exit(self(), kill), timer:sleep(infinity) end},
    {ok, #{text := <<"met|error: killed|error: there is no function nobody|error: the arguments are no object">>}, _} =
        dosai:run_tools(Model, question(), [Add, Fail]),
    {messages, []} = process_info(self(), messages),
    Forever = fun(_) ->
        process_flag(trap_exit, true),
        Self ! {begun, self(), get('$callers')},
        timer:sleep(infinity)
    end,
    Caller = spawn(fun() -> dosai:run_tools(Model, question(), [#{name => Name, run => Forever} || Name <- [<<"add">>, <<"fail">>]]) end),
    Monitors = [receive {begun, Run, [Caller]} -> monitor(process, Run) end || _ <- [add, fail]],
    exit(Caller, kill),
    [receive {'DOWN', Monitor, process, _, killed} -> ok end || Monitor <- Monitors].

meet(Begun) ->
    counters:add(Begun, 1, 1),
    meet(Begun, 1000).

meet(_, 0) -> throw(<<"the other has not begun">>);
meet(Begun, Left) ->
    case counters:get(Begun, 1) of
        2 -> ok;
        _ -> timer:sleep(5), meet(Begun, Left - 1)
    end.

many() ->
    {ok, Echo} = client("echo", #{max_in_flight => 20}),
    Self = self(),
    [spawn_link(fun() ->
        {ok, #{text := Text}} = dosai:chat(Echo, (question())#{model => integer_to_binary(At)}),
        Self ! {At, binary_to_integer(maps:get(<<"model">>, jiffy:decode(Text, [return_maps])))}
    end) || At <- lists:seq(1, 500)],
    [receive {At, At} -> ok end || At <- lists:seq(1, 500)].

names() ->
    {ok, Supervisor} = gen_server_supervisor(),
    {ok, #{text := ?HELLO}} = dosai:chat(the_client, question()),
    Monitor = monitor(process, the_client),
    exit(whereis(the_client), kill),
    receive {'DOWN', Monitor, process, _, killed} -> ok end,
    wait_for(the_client),
    {ok, #{text := ?HELLO}} = dosai:chat(the_client, question()),
    [{_, _, _, _}] = supervisor:which_children(Supervisor),
    {'EXIT', {noproc, _}} = (catch dosai:chat(nobody, question())).

gen_server_supervisor() ->
    Url = lists:flatten(string:replace(os:getenv("DOSAI_TEST_URL"), "NAME", "hello")),
    {ok, Supervisor} = supervisor:start_link(supervisor_of_tests, []),
    {ok, _} = supervisor:start_child(Supervisor, dosai:child_spec(#{name => the_client, base_url => Url, api_key => fun() -> "k" end})),
    {ok, Supervisor}.

wait_for(Name) ->
    case whereis(Name) of
        undefined -> timer:sleep(5), wait_for(Name);
        _ -> ok
    end.

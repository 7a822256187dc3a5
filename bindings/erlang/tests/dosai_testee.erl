%% The testee of Erlang: see Tests/Bindings/README.md. Its asynchronous ways read the messages, as a gen_server would.
-module(dosai_testee).
-export([main/0]).

main() ->
    ok = io:setopts(standard_error, [{encoding, unicode}]),
    case init:get_plain_arguments() of
        ["chat" | Arguments] -> chat(Arguments);
        _ ->
            Port = open_port({fd, 0, 1}, [binary, stream, eof]),
            serve(Port, [], #{})
    end.

%% With JSON in the place of a mark.
say(Port, Term, Json) -> port_command(Port, [binary:replace(iolist_to_binary(jiffy:encode(Term, [use_nil, force_utf8])), <<"\"@JSON@\"">>, Json), $\n]).
say(Port, Term) -> port_command(Port, [jiffy:encode(Term, [use_nil, force_utf8]), $\n]).

serve(Port, Read, Clients) ->
    receive
        {Port, {data, Data}} ->
            case binary:split(Data, <<"\n">>) of
                [Part] -> serve(Port, [Part | Read], Clients);
                [End, Rest] ->
                    self() ! {Port, {data, Rest}},
                    {Answer, Known} = answer(jiffy:decode(lists:reverse([End | Read]), [return_maps]), Clients),
                    say(Port, Answer),
                    serve(Port, [], Known)
            end;
        {Port, eof} -> halt(0)
    end.

answer(null, Clients) -> {#{failed => <<"nothing is asked">>}, Clients};
answer(#{<<"url">> := Url, <<"options">> := Options} = Asked, Clients) ->
    try
        Known = case Clients of
            #{{Url, Options} := _} -> Clients;
            _ ->
                {ok, Client} = dosai:start_link(maps:from_list([{base_url, Url} | maps:to_list(options(Options))])),
                Clients#{{Url, Options} => Client}
        end,
        {told(make(maps:get({Url, Options}, Known), Asked)), Known}
    catch
        error:{badmatch, {error, #{status := _} = Error}} -> {told({[], {error, Error}}), Clients};
        Class:Reason:Stack -> {#{failed => unicode:characters_to_binary(io_lib:format("~p", [{Class, Reason, Stack}]))}, Clients}
    end.

options(Options) ->
    maps:from_list([{binary_to_atom(Key), case Key of
        <<"headers">> -> [list_to_tuple(string:split(Line, ": ")) || Line <- Value];
        _ -> Value
    end} || {Key, Value} <- maps:to_list(Options)]).

make(Client, #{<<"face">> := Face, <<"request">> := Request} = Asked) ->
    What = case lists:member(Face, [<<"whole">>, <<"async_whole">>]) of
        true -> chat;
        false -> stream
    end,
    case dosai:submit(Client, {What, jiffy:encode(Request)}) of
        {ok, Call} ->
            After = maps:get(<<"cancel_after">>, Asked, none),
            After =:= 0 andalso dosai:cancel(Call),
            case Asked of
                #{<<"cancel_after_ms">> := 0} -> dosai:cancel(Call);
                #{<<"cancel_after_ms">> := Ms} -> spawn_link(fun() -> timer:sleep(Ms), dosai:cancel(Call) end);
                _ -> ok
            end,
            Limits = {After, maps:get(<<"drop_after">>, Asked, none), maps:get(<<"pause_after">>, Asked, none)},
            case Face of
                <<"whole">> -> {[], dosai:result(Call)};
                <<"stream">> -> pull(Call, Limits, [], none);
                _ -> handle(Call, Limits, [], none)
            end;
        Failed -> {[], Failed}
    end.

pull(Call, Limits, Events, Open) ->
    case dosai:next(Call) of
        {ok, Chunk, Rest} ->
            case take(Call, Chunk, Limits, Events, Open) of
                {go_on, Made, Next} -> pull(Rest, Limits, Made, Next);
                Dropped -> Dropped
            end;
        {done, Completion} -> {Events, {ok, Completion}};
        Failed -> {Events, Failed}
    end.

handle(Call, Limits, Events, Open) ->
    Ref = dosai:ref(Call),
    receive
        {dosai, Ref, {chunks, Chunks}} ->
            dosai:taken(Call),
            each(Chunks, Call, Limits, Events, Open);
        {dosai, Ref, Last} -> {Events, Last}
    end.

each([], Call, Limits, Events, Open) -> handle(Call, Limits, Events, Open);
each([Chunk | Rest], Call, {After, _, _} = Limits, Events, Open) ->
    case take(Call, Chunk, Limits, Events, Open) of
        {go_on, Made, _} when length(Made) =:= After -> {Made, dosai:result(Call)};
        {go_on, Made, Next} -> each(Rest, Call, Limits, Made, Next);
        Dropped -> Dropped
    end.

take(Call, #{is_last_in_event := IsLast} = Chunk, {After, Drop, Pause}, Events, Open) ->
    Event = add(case Open of none -> #{json => maps:get(json, Chunk), choices => []}; _ -> Open end, Chunk),
    Made = case Open of none -> Events; _ -> tl(Events) end,
    All = [Event | Made],
    case IsLast andalso length(All) of
        Drop ->
            dosai:close(Call),
            {All, dropped};
        After ->
            dosai:cancel(Call),
            {go_on, All, none};
        Pause ->
            timer:sleep(300),
            {go_on, All, none};
        false -> {go_on, All, Event};
        _ -> {go_on, All, none}
    end.

%% ---- chunks, put together to events

add(Event, #{usage := Usage} = Chunk) -> add(Event#{usage => counts(Usage)}, maps:remove(usage, Chunk));
add(Event, #{choice := -1}) -> Event;
add(#{choices := Choices} = Event, #{choice := Index} = Chunk) -> Event#{choices := update(Choices, Index, fun(Choice) -> extend(Choice, Chunk) end)}.

update([#{index := Index} = One | Rest], Index, Change) -> [Change(One) | Rest];
update([One | Rest], Index, Change) -> [One | update(Rest, Index, Change)];
update([], Index, Change) -> [Change(#{index => Index})].

extend(Choice, #{kind := tool_call, tool_call := Index} = Chunk) ->
    Calls = update(maps:get(tool_calls, Choice, []), Index, fun(Call) ->
        lists:foldl(fun({From, To}, Made) -> append(Made, To, maps:get(From, Chunk, <<>>)) end, Call,
            [{tool_call_id, id}, {tool_call_name, name}, {text, arguments}])
    end),
    Choice#{tool_calls => Calls};
extend(Choice, #{kind := finish} = Chunk) -> append(Choice, finish_reason, maps:get(text, Chunk, <<>>));
extend(Choice, #{kind := Kind} = Chunk) when Kind =:= content; Kind =:= reasoning; Kind =:= refusal ->
    append(Choice, Kind, maps:get(text, Chunk, <<>>));
extend(Choice, _) -> Choice.

append(Map, Key, Text) -> Map#{Key => <<(maps:get(Key, Map, <<>>))/binary, Text/binary>>}.

%% ---- the form that is compared

counts(Usage) -> counts(Usage, -1).
counts(Usage, Unknown) ->
    maps:from_list([{Key, maps:get(Key, Usage, Unknown)} || Key <- [prompt_tokens, completion_tokens, total_tokens, cached_tokens, reasoning_tokens]]).

or_null(Keys, Map) -> maps:from_list([{Key, maps:get(Key, Map, null)} || Key <- Keys]).

upper(Atom) -> string:uppercase(atom_to_binary(Atom)).

attempts(#{attempts := Attempts}) -> [One#{status := upper(Status)} || #{status := Status} = One <- Attempts].

completion(null) -> null;
completion(#{choices := Choices, usage := Usage, quirks := Quirks, http_status := Status} = Answer) ->
    maps:merge(or_null([json, id, object, model], Answer), #{
        created => maps:get(created, Answer, -1), choices => [choice(One) || One <- Choices], usage => counts(Usage),
        quirks => [upper(One) || One <- Quirks], http_status => Status, attempts => attempts(Answer)}).

choice(#{index := Index, message := #{tool_calls := Calls} = Message} = Choice) ->
    maps:merge(or_null([role, content, refusal, reasoning], Message), #{
        index => Index, finish_reason => maps:get(finish_reason, Choice, null), tool_calls => [or_null([id, name, arguments], One) || One <- Calls]}).

error_of(#{status := Status, message := Message, http_status := Http} = Error) ->
    Body = case Error of #{body := Bytes} -> string:lowercase(binary:encode_hex(Bytes)); _ -> null end,
    maps:merge(or_null([code, type, param, clock, request_id], Error), #{
        status => upper(Status), message => Message, http_status => Http, body => Body, retry_after_ms => maps:get(retry_after_ms, Error, -1),
        attempts => attempts(Error), completion => completion(maps:get(completion, Error, null))}).

told({Events, Last}) ->
    Answer = #{status => <<"OK">>, chunks => lists:reverse(Events), completion => null, error => null},
    case Last of
        {ok, Completion} -> Answer#{completion := completion(Completion)};
        {error, #{status := Status} = Error} -> Answer#{status := upper(Status), error := error_of(Error)};
        dropped -> Answer
    end.

%% ---- chat --json

raw(#{json := Json}) -> binary:replace(Json, [<<"\r">>, <<"\n">>], <<" ">>, [global]);
raw(_) -> <<"null">>.

show(#{kind := Kind, choice := Choice} = Chunk) ->
    Text = maps:get(text, Chunk, null),
    Shown = case Kind of
        finish -> #{finish_reason => Text};
        usage -> #{usage => counts(maps:get(usage, Chunk), null)};
        other -> #{json => <<"@JSON@">>};
        tool_call -> #{text => Text, tool_call => maps:get(tool_call, Chunk), id => maps:get(tool_call_id, Chunk, null), name => maps:get(tool_call_name, Chunk, null)};
        _ -> #{text => Text}
    end,
    #{chunk => Shown#{kind => Kind, choice => Choice}}.

exit_of(Status) ->
    case Status of
        ok -> 0;
        invalid_argument -> 2;
        cancelled -> 130;
        _ ->
            Usual = [S || S <- [connection, proxy, tls, timeout, redirected], S =:= Status],
            Cut = [S || S <- [truncated, protocol, too_large], S =:= Status],
            Refused = [S || S <- [bad_request, authentication, insufficient_credits, permission, not_found, rate_limited, server, unavailable, provider], S =:= Status],
            case {Usual, Cut, Refused} of {[_], _, _} -> 3; {_, [_], _} -> 4; {_, _, [_]} -> 1; _ -> 5 end
    end.

finish(Port, Outcome) ->
    {Status, From, Answer, Error} = case Outcome of
        {ok, Completion} -> {ok, Completion, Completion, null};
        {error, #{status := Failed, message := Message} = Map} ->
            {Failed, Map, maps:get(completion, Map, #{}), (or_null([code, type, param, request_id, retry_after_ms], Map))#{
                message => Message, http_status => case Map of #{http_status := 0} -> null; #{http_status := Http} -> Http end,
                body => case Map of #{body := Body} -> Body; _ -> null end, timeout => maps:get(clock, Map, null)}}
    end,
    Times = maps:get(timings, From, #{}),
    Timings = maps:from_list([{To, case Times of #{Key := Us} -> Us / 1000; _ -> null end} || {Key, To} <-
        [{connect_us, connect_ms}, {first_byte_us, first_byte_ms}, {first_token_us, first_token_ms}, {total_us, total_ms}]]),
    say(Port, #{status => upper(Status), error => Error, attempts => length(maps:get(attempts, From)), timings => Timings,
        quirks => [upper(One) || One <- maps:get(quirks, Answer, [])], completion => <<"@JSON@">>}, raw(Answer)),
    halt(exit_of(Status)).

chat(Arguments) ->
    Port = open_port({fd, 0, 1}, [binary, out]),
    Given = given(Arguments, #{"--max-retries" => "2"}),
    #{"-m" := Model, prompt := Prompt, "--base-url" := Base, "--max-retries" := Retries} = Given,
    Request = #{model => unicode:characters_to_binary(Model), messages => [#{role => user, content => unicode:characters_to_binary(Prompt)}]},
    Options = #{base_url => Base, max_retries => case list_to_integer(Retries) of 0 -> -1; Count -> Count end,
        total_timeout_ms => case Given of #{"--timeout" := Seconds} -> list_to_integer(Seconds) * 1000; _ -> 0 end},
    What = case Given of #{"--no-stream" := _} -> chat; _ -> stream end,
    Made = case dosai:start_link(Options) of
        {ok, Client} -> dosai:submit(Client, {What, more(Request, Given)});
        Failed -> Failed
    end,
    finish(Port, case Made of
        {ok, Call} when is_map_key("--async", Given) -> show_messages(Port, Call);
        {ok, Call} when What =:= chat -> dosai:result(Call);
        {ok, Call} ->
            case dosai:fold(fun(Chunk, _) -> say(Port, show(Chunk), raw(Chunk)) end, true, Call) of
                {ok, _, Completion} -> {ok, Completion};
                Wrong -> Wrong
            end;
        Wrong -> Wrong
    end).

more(Request, #{"--request" := File}) ->
    {ok, Text} = file:read_file(File),
    Kept = [{atom_to_binary(Key), Value} || {Key, Value} <- maps:to_list(Request)],
    maps:merge(maps:from_list(Kept), jiffy:decode(Text, [return_maps]));
more(Request, _) -> Request.

show_messages(Port, Call) ->
    Ref = dosai:ref(Call),
    receive
        {dosai, Ref, {chunks, Chunks}} ->
            dosai:taken(Call),
            [say(Port, show(Chunk), raw(Chunk)) || Chunk <- Chunks],
            show_messages(Port, Call);
        {dosai, Ref, Last} -> Last
    end.

given([Flag | Rest], Given) when Flag =:= "--json"; Flag =:= "--no-stream"; Flag =:= "--async" -> given(Rest, Given#{Flag => true});
given(["-" ++ _ = Flag, Value | Rest], Given) -> given(Rest, Given#{Flag => Value});
given([Prompt | Rest], Given) -> given(Rest, Given#{prompt => Prompt});
given([], Given) -> Given.

%% Chat completions on libdosai: streams, cancelling, tools, and answers that are never called complete when they are not.
%%
%%   {ok, Client} = dosai:start_link(#{}),
%%   {ok, Stream} = dosai:stream(Client, #{model => <<"dos-ai">>, messages => [#{role => user, content => <<"Hello!">>}]}),
%%   {ok, _, _} = dosai:fold(fun(#{content := Text}, _) -> io:put_chars(Text) end, ok, Stream).
-module(dosai).
-export([start_link/0, start_link/1, child_spec/1, stop/1, version/0]).
-export([chat/2, chat/3, get/2, get/3, post/3, post/4, stream/2, stream/3, post_stream/3, post_stream/4]).
-export([submit/2, submit/3, ref/1, taken/1, result/1, next/1, next/2, fold/3, cancel/1, close/1]).
-export([run_tools/3, run_tools/4, json_schema/2]).
-export_type([client/0, call/0, request/0, chunk/0, completion/0, response/0, error/0, tool/0]).
-include("dosai.hrl").

-define(QUOTED, 1000). % characters of a reason: all of a large text would take seconds to write

-record(call, {nif, ref :: reference(), owner :: pid(), chunks = [] :: [chunk()]}).

-type client() :: pid() | atom().
-opaque call() :: #call{}.
-type request() :: map() | iodata(). % as a term for jiffy, or as JSON
-type what() :: {chat | stream, request()} | {get, unicode:chardata()} | {post | post_stream, unicode:chardata(), request()}.
%% A map has no key for what the server did not send. json is what it sent, with fields that the library does not know.
-type chunk() :: #{kind := kind(), choice := integer(), content := binary(), text => binary(), json => binary(),
    is_last_in_event := boolean(), tool_call => integer(), tool_call_id => binary(), tool_call_name => binary(),
    usage => usage(), event_type => binary(), event_id => binary()}.
-type usage() :: #{prompt_tokens | completion_tokens | total_tokens | cached_tokens | reasoning_tokens => integer()}.
-type completion() :: #{text := binary(), choices := [choice()], json => binary(), id => binary(), object => binary(),
    model => binary(), created => integer(), usage => usage(), quirks := [quirk()], http_status := integer(),
    request_id => binary(), attempts := [attempt()], timings => timings()}.
-type choice() :: #{index := integer(), message := message(), finish_reason => binary()}.
%% To change a message before you send it again, make a new one of role and content: while json is there, only that is sent.
-type message() :: #{role => binary(), content => binary(), refusal => binary(), reasoning => binary(), json => binary(),
    tool_calls := [#{id => binary(), name => binary(), arguments => binary()}]}.
-type attempt() :: #{status := status(), http_status := integer(), delay_ms := integer()}.
-type timings() :: #{connect_us | first_byte_us | first_token_us | total_us => integer(), reused_connection := boolean()}.
-type response() :: #{json := binary(), http_status := integer(), request_id => binary(), attempts := [attempt()], timings => timings()}.
%% completion is the part of the answer that had arrived.
-type error() :: #{status := status(), message := binary(), http_status := integer(), code => binary(), type => binary(),
    param => binary(), body => binary(), request_id => binary(), retry_after_ms => integer(), is_retryable := boolean(),
    clock => clock(), completion => completion(), attempts := [attempt()], timings => timings()}.
-type tool() :: #{name := binary(), description => binary(), parameters => term(), run := fun((map()) -> term())}.
-type failed() :: {error, error()}.

-spec version() -> binary().
version() -> dosai_nif:version().

%% ---- clients

%% Starts a client: an endpoint, a key, limits and open connections. Its options are the fields of dosai_client_options
%% and dosai_loop_options; what may be infinity, and what is a boolean, client_options() says; name: register it. A key
%% that is a function is called, so that no supervisor shows it.
-spec start_link() -> {ok, pid()} | failed().
start_link() -> start_link(#{}).

-spec start_link(client_options() | [{atom(), term()}]) -> {ok, pid()} | failed() | {error, term()}.
start_link(Given) ->
    Defaults = [{Key, Value} || {Key, Name} <- [{api_key, "DOSAI_API_KEY"}, {base_url, "DOSAI_BASE_URL"}],
        Value <- [os:getenv(Name, "")], Value =/= ""],
    {Own, Options} = maps:fold(fun(name, _, Sorted) -> Sorted; (Key, Value, {Loop, Client}) ->
        case lists:member(Key, ?LOOP_OPTIONS) of
            true -> {[option(Key, Value) | Loop], Client};
            false -> {Loop, [option(Key, Value) | Client]}
        end
    end, {[], []}, maps:merge(maps:from_list(Defaults), to_map(Given))),
    case {dosai_nif:client(Options, Own), to_map(Given)} of
        {{ok, Nif}, #{name := Name}} -> gen_server:start_link({local, Name}, dosai_client, Nif, []);
        {{ok, Nif}, _} -> gen_server:start_link(dosai_client, Nif, []);
        {Failed, _} -> Failed
    end.

child_spec(Options) ->
    #{id => maps:get(name, to_map(Options), dosai), start => {dosai, start_link, [Options]}}.

%% Ends a client. Its calls end with an error.
-spec stop(client()) -> ok.
stop(Client) -> gen_server:stop(Client).

to_map(Options) when is_list(Options) -> maps:from_list(Options);
to_map(Options) -> Options.

%% As the NIF wants it: a text has a NUL behind it.
option(headers, Lines) when is_map(Lines) -> option(headers, maps:to_list(Lines));
option(headers, Lines) when is_list(Lines) -> {headers, lists:map(fun header/1, Lines)};
option(api_key, Key) when is_function(Key, 0) -> {api_key, text(Key())};
option(Key, Text) when is_binary(Text); is_list(Text) -> {Key, text(Text)};
option(Key, Value) -> {Key, Value}.

header({Name, Value}) when is_list(Value); is_binary(Value) -> text([Name, <<": ">>, Value]);
header(_) -> <<>>.

%% What is no text is <<>>, without a NUL, which the NIF refuses.
text(Text) when is_list(Text); is_binary(Text) ->
    try unicode:characters_to_binary([Text, 0]) of
        Binary when is_binary(Binary) -> Binary;
        _ -> <<>>
    catch
        error:badarg -> <<>>
    end;
text(_) -> <<>>.

%% ---- calls

%% Makes a call, whose outcome comes as messages to the calling process: {dosai, Ref, {chunks, [Chunk]}}, and at last
%% {dosai, Ref, {ok, Answer}} or {dosai, Ref, {error, Error}}, with Ref of ref/1. After 16 messages with chunks for which
%% taken/1 was not called, the call waits. A call is cancelled, and sends nothing more, once its process has ended or no
%% process holds a reference to it.
-spec submit(client(), what()) -> {ok, call()} | failed().
submit(Client, What) -> submit(Client, What, #{}).

-spec submit(client(), what(), call_options() | [{atom(), term()}]) -> {ok, call()} | failed().
submit(Client, What, Given) ->
    try
        {Kind, Path, Body} = parts(What),
        Options = [option(Key, Value) || {Key, Value} <- maps:to_list(to_map(Given))],
        {submit, Kind, make_ref(), Path, Body, Options}
    of
        {submit, _, Ref, _, _, _} = Message ->
            case gen_server:call(Client, Message, infinity) of
                {ok, Nif} -> {ok, #call{nif = Nif, ref = Ref, owner = self()}};
                Failed -> Failed
            end
    catch
        throw:{json, Why} -> {error, dosai_nif:failure(?INVALID_ARGUMENT, format("the request: ~ts", [quoted(Why)]))}
    end.

parts({chat, Request}) -> {0, <<0>>, encode(Request)};
parts({stream, Request}) -> {1, <<0>>, encode(Request)};
parts({get, Path}) -> {2, text(Path), <<>>};
parts({post, Path, Body}) -> {3, text(Path), encode(Body)};
parts({post_stream, Path, Body}) -> {4, text(Path), encode(Body)}.

encode(Request) ->
    try
        iolist_to_binary(case Request of
            #{messages := [_ | _] = Messages} -> encode(Messages, maps:remove(messages, Request));
            #{<<"messages">> := [_ | _] = Messages} -> encode(Messages, maps:remove(<<"messages">>, Request));
            #{} -> jiffy:encode(Request, [use_nil]);
            _ -> Request
        end)
    catch
        _:Why -> throw({json, Why})
    end.

encode(Messages, Others) ->
    List = lists:join($,, lists:map(fun encode_message/1, Messages)),
    case iolist_to_binary(jiffy:encode(Others, [use_nil])) of
        <<"{}">> -> ["{\"messages\":[", List, "]}"];
        <<"{", Rest/binary>> -> ["{\"messages\":[", List, "],", Rest]
    end.

%% That of an answer is sent again as the server wrote it; its other fields are not looked at.
encode_message(#{json := Json}) -> Json;
encode_message(Message) -> jiffy:encode(Message, [use_nil]).

format(Form, Terms) -> unicode:characters_to_binary(io_lib:format(Form, Terms)).

quoted(Why) -> io_lib:format("~0tp", [Why], [{chars_limit, ?QUOTED}]).

%% Sends the request, and gives the whole answer.
-spec chat(client(), request()) -> {ok, completion()} | failed().
chat(Client, Request) -> chat(Client, Request, #{}).
chat(Client, Request, Options) -> whole(Client, {chat, Request}, Options).

%% Sends a GET or a POST to any endpoint, such as /models.
-spec get(client(), unicode:chardata()) -> {ok, response()} | failed().
get(Client, Path) -> get(Client, Path, #{}).
get(Client, Path, Options) -> whole(Client, {get, Path}, Options).

-spec post(client(), unicode:chardata(), request()) -> {ok, response()} | failed().
post(Client, Path, Body) -> post(Client, Path, Body, #{}).
post(Client, Path, Body, Options) -> whole(Client, {post, Path, Body}, Options).

whole(Client, What, Options) ->
    case submit(Client, What, Options) of
        {ok, Call} -> result(Call);
        Failed -> Failed
    end.

%% Sends the request, and gives a stream for next/1 and fold/3.
-spec stream(client(), request()) -> {ok, call()} | failed().
stream(Client, Request) -> stream(Client, Request, #{}).
stream(Client, Request, Options) -> submit(Client, {stream, Request}, Options).

%% A POST to any endpoint that answers with server-sent events: each is one chunk, of the kind event.
-spec post_stream(client(), unicode:chardata(), request()) -> {ok, call()} | failed().
post_stream(Client, Path, Body) -> post_stream(Client, Path, Body, #{}).
post_stream(Client, Path, Body, Options) -> submit(Client, {post_stream, Path, Body}, Options).

-spec ref(call()) -> reference().
ref(#call{ref = Ref}) -> Ref.

%% Says that you have taken one message with chunks. Only for processes that receive the messages themselves.
-spec taken(call()) -> ok.
taken(#call{nif = Nif}) -> dosai_nif:taken(Nif).

%% Cancels a call, from any process. Its reader gets no further chunk, but an error with the status cancelled.
-spec cancel(call()) -> ok.
cancel(#call{nif = Nif}) -> dosai_nif:cancel(Nif).

%% Lets go of a call that is not read to its end. In another process than its reader's, it is cancel/1.
-spec close(call()) -> ok.
close(#call{nif = Nif, ref = Ref, owner = Owner}) when Owner =:= self() ->
    dosai_nif:leave(Nif),
    forget(Ref);
close(Call) -> cancel(Call).

forget(Ref) ->
    receive
        {dosai, Ref, _} -> forget(Ref)
    after 0 -> ok
    end.

%% Waits for the next chunk, in the process that has made the call. With done, the answer is complete.
-spec next(call()) -> {ok, chunk(), call()} | {done, completion()} | failed().
next(Call) -> next(Call, infinity).

-spec next(call(), timeout()) -> {ok, chunk(), call()} | {done, completion()} | failed() | timeout.
next(#call{chunks = [Chunk | Rest], nif = Nif} = Call, Timeout) ->
    case dosai_nif:is_cancelled(Nif) of
        false -> {ok, Chunk, Call#call{chunks = Rest}};
        true -> next(Call#call{chunks = []}, Timeout)
    end;
next(Call, Timeout) ->
    case await(Call, Timeout) of
        {chunks, Chunks} ->
            dosai_nif:taken(Call#call.nif),
            next(Call#call{chunks = Chunks}, Timeout);
        {ok, Completion} -> {done, Completion};
        Other -> Other
    end.

await(#call{nif = Nif, ref = Ref, owner = Owner}, Timeout) when Owner =:= self() ->
    State = dosai_nif:state(Nif),
    receive
        {dosai, Ref, {ok, Answer}} when State >= 2 -> % before its end was read
            {error, (dosai_nif:failure(?CANCELLED, <<"the call was cancelled">>))#{completion => Answer}};
        {dosai, Ref, What} -> What
    after case State band 5 of 0 -> Timeout; _ -> 0 end -> % 1: over; 4: closed
        case State band 5 of
            0 -> timeout;
            1 -> {error, dosai_nif:failure(?CANCELLED, <<"the call is over, and its outcome has been read">>)};
            _ -> {error, dosai_nif:failure(?CANCELLED, <<"the call was closed">>)}
        end
    end.

%% How a call has ended. Its chunks are not kept.
-spec result(call()) -> {ok, completion() | response()} | failed().
result(Call) ->
    case await(Call, infinity) of
        {chunks, _} ->
            dosai_nif:taken(Call#call.nif),
            result(Call);
        Last -> Last
    end.

%% Calls a function with each chunk and what it gave before. If it throws, the stream is closed.
-spec fold(fun((chunk(), Acc) -> Acc), Acc, call()) -> {ok, Acc, completion()} | failed().
fold(Function, Acc, Call) ->
    try fold_chunks(Function, Acc, Call#call.chunks, Call)
    catch
        Class:Reason:Stack ->
            close(Call),
            erlang:raise(Class, Reason, Stack)
    end.

fold_chunks(Function, Acc, [Chunk | Rest], #call{nif = Nif} = Call) ->
    case dosai_nif:is_cancelled(Nif) of
        false -> fold_chunks(Function, Function(Chunk, Acc), Rest, Call);
        true -> fold_chunks(Function, Acc, [], Call)
    end;
fold_chunks(Function, Acc, [], Call) ->
    case next(Call#call{chunks = []}) of
        {ok, Chunk, #call{chunks = Rest}} -> fold_chunks(Function, Function(Chunk, Acc), Rest, Call);
        {done, Completion} -> {ok, Acc, Completion};
        Failed -> Failed
    end.

%% ---- tools

%% The response_format that asks for an answer of this schema.
-spec json_schema(unicode:chardata(), term()) -> map().
json_schema(Name, Schema) ->
    #{type => json_schema, json_schema => #{name => unicode:characters_to_binary(Name), strict => true, schema => Schema}}.

%% Asks the model, runs the functions that it calls, tells it the results, and so on until it answers; gives the whole
%% conversation, too: the messages of the request, and all that followed, up to the answer. The functions of one answer run
%% at once, each in a process; what one throws, or exits with, is told to the model, and that a result is not UTF-8. After
%% max_rounds answers (10) that still have calls, the error is too_large; if an answer with calls was cut short, truncated.
%% Those calls do not run.
-spec run_tools(client(), map(), [tool()]) -> {ok, completion(), [map()]} | failed().
run_tools(Client, Request, Tools) -> run_tools(Client, Request, Tools, #{}).

run_tools(Client, Request, Tools, Given) ->
    {Rounds, Options} = case to_map(Given) of
        #{max_rounds := Most} = Map -> {Most, maps:remove(max_rounds, Map)};
        Map -> {10, Map}
    end,
    Functions = [#{type => function, function => maps:remove(run, Tool)} || Tool <- Tools],
    Named = maps:from_list([{Name, Run} || #{name := Name, run := Run} <- Tools]),
    Asked = maps:from_list([{to_atom(Key), Value} || {Key, Value} <- maps:to_list(Request)]),
    rounds(Client, Asked#{tools => Functions}, Named, Options, Rounds).

to_atom(Key) when is_binary(Key), (Key =:= <<"messages">> orelse Key =:= <<"tool_choice">> orelse Key =:= <<"tools">>) -> binary_to_atom(Key);
to_atom(Key) -> Key.

rounds(Client, #{messages := Messages} = Request, Tools, Options, Rounds) ->
    case chat(Client, Request, Options) of
        {ok, #{choices := [#{message := #{tool_calls := [_ | _] = Calls} = Message} = Choice | _]} = Answer} ->
            case maps:get(finish_reason, Choice, <<>>) of
                Short when Short =:= <<"length">>; Short =:= <<"content_filter">> ->
                    stopped(?TRUNCATED, "an answer with calls was cut short: ~ts", Short, Answer);
                _ when Rounds =< 1 ->
                    stopped(?TOO_LARGE, "the model still calls functions, after ~b calls in this answer", length(Calls), Answer);
                _ ->
                    Told = lists:zip(Calls, run_all(Tools, Calls)),
                    Results = [#{role => tool, tool_call_id => maps:get(id, Call, <<>>), content => Text} || {Call, Text} <- Told],
                    rounds(Client, choose(Request#{messages := Messages ++ [Message | Results]}), Tools, Options, Rounds - 1)
            end;
        {ok, #{choices := [#{message := Message} | _]} = Answer} -> {ok, Answer, Messages ++ [Message]};
        {ok, Answer} -> {ok, Answer, Messages};
        Failed -> Failed
    end.

stopped(Status, Form, Term, Answer) -> {error, (dosai_nif:failure(Status, format(Form, [Term])))#{completion => Answer}}.

%% The choice of the questions after the first: with a call that is forced, the model could only call again.
choose(#{tool_choice := Choice} = Request) ->
    Read = jiffy:decode(jiffy:encode(Choice, [use_nil]), [return_maps, use_nil]),
    Request#{tool_choice := unforced(Read, Choice)};
choose(Request) -> Request.

unforced(<<"required">>, _) -> auto;
unforced(#{<<"function">> := _}, _) -> auto;
unforced(#{<<"custom">> := _}, _) -> auto;
unforced(#{<<"allowed_tools">> := #{<<"mode">> := <<"required">>} = Allowed} = Read, _) ->
    Read#{<<"allowed_tools">> := Allowed#{<<"mode">> := auto}};
unforced(_, Choice) -> Choice.

%% A process each. It ends with the caller, which has no link to it.
run_all(Tools, Calls) ->
    {Caller, Callers} = {self(), [self() | case get('$callers') of undefined -> []; Before -> Before end]},
    {Runner, Monitor} = spawn_monitor(fun() -> exit({results, run_all(Caller, Callers, Tools, Calls)}) end),
    receive
        {'DOWN', Monitor, process, Runner, {results, Results}} -> Results;
        {'DOWN', Monitor, process, Runner, Why} -> exit(Why)
    end.

run_all(Caller, Callers, Tools, Calls) ->
    process_flag(trap_exit, true),
    Monitor = monitor(process, Caller),
    Runs = [spawn_link(fun() ->
        put('$callers', Callers), % as a Task of Elixir has them
        exit({result, run(Tools, Call)})
    end) || Call <- Calls],
    [receive
        {'EXIT', Run, {result, Text}} -> Text;
        {'EXIT', Run, Why} -> format("error: ~ts", [quoted(Why)]);
        {'DOWN', Monitor, process, Caller, Why} ->
            [exit(Each, kill) || Each <- Runs],
            exit(Why)
    end || Run <- Runs].

run(Tools, Call) ->
    Told = tell(Tools, Call),
    case unicode:characters_to_binary(Told) of
        Told -> Told;
        _ -> <<"error: the result is not UTF-8">>
    end.

tell(Tools, Call) ->
    Name = maps:get(name, Call, <<>>),
    try
        Run = case Tools of
            #{Name := Found} -> Found;
            _ -> throw(format("there is no function ~ts", [Name]))
        end,
        case Run(arguments(maps:get(arguments, Call, <<>>))) of
            Text when is_binary(Text) -> Text;
            Term -> iolist_to_binary(jiffy:encode(Term, [use_nil]))
        end
    catch
        _:Why when is_binary(Why) -> <<"error: ", Why/binary>>;
        error:#{'__exception__' := true, '__struct__' := Module} = Exception ->
            <<"error: ", (Module:message(Exception))/binary>>; % of Elixir
        _:Why -> format("error: ~ts", [quoted(Why)])
    end.

arguments(Text) ->
    case string:trim(Text) of
        <<>> -> #{};
        _ -> try jiffy:decode(Text, [return_maps, copy_strings]) of
            #{} = Arguments -> Arguments;
            _ -> throw(<<"the arguments are no object">>)
        catch
            _:_ -> throw(<<"the arguments are not valid JSON">>)
        end
    end.

#!/usr/bin/env escript
%% -*- erlang -*-
%% How calls end before their time. What is left open of them, the server tells.
-mode(compile).
-import(support, [question/0, client/1, contents/1, test/2, fails/2, took/2, now_ms/0]).

main(_) ->
    {ok, Kept} = client("endless"), % until the VM ends, with a stream in the middle
    {ok, Stream} = dosai:stream(Kept, question()),
    {ok, _, _} = dosai:next(Stream),
    test("cancel", fun cancel/0),
    test("cancel from elsewhere", fun elsewhere/0),
    test("a process that dies", fun dies/0),
    test("leaving", fun leaving/0),
    test("closed", fun closed/0),
    test("stop", fun() -> ends(fun dosai:stop/1) end),
    test("a killed client", fun() -> ends(fun killed/1) end),
    test("a client killed in a step", fun torn/0),
    test("a client that nobody owns", fun forgotten/0),
    test("many at once, some killed", fun many/0).

cancel() ->
    {ok, Endless} = client("endless"),
    {ok, Stream} = dosai:stream(Endless, question()),
    put(count, 0),
    Error = fails(cancelled, dosai:fold(fun(_, _) ->
        case put(count, get(count) + 1) of
            1 -> put(since, now_ms()), dosai:cancel(Stream);
            _ -> ok
        end
    end, ok, Stream)),
    took(get(since), 50),
    2 = get(count),
    #{completion := #{text := <<"0 1", _/binary>>}} = Error,
    {ok, Chat} = dosai:submit(Endless, {chat, question()}),
    dosai:cancel(Chat),
    fails(cancelled, dosai:result(Chat)).

elsewhere() ->
    {ok, Stream} = dosai:stream(element(2, client("endless")), question()),
    Self = self(),
    spawn_link(fun() ->
        timer:sleep(100),
        Self ! {since, now_ms()},
        dosai:cancel(Stream)
    end),
    fails(cancelled, contents(Stream)),
    receive {since, Since} -> took(Since, 50) end.

dies() ->
    {ok, Endless} = client("endless~dies"),
    Self = self(),
    {Process, Monitor} = spawn_monitor(fun() -> dosai:fold(fun(_, _) -> Self ! begun end, ok, element(2, dosai:stream(Endless, question()))) end),
    receive begun -> timer:sleep(100) end,
    exit(Process, kill),
    receive {'DOWN', Monitor, process, Process, killed} -> ok end,
    Since = now_ms(),
    support:gone("endless~dies"),
    took(Since, 50).

leaving() ->
    {ok, Endless} = client("endless~left"),
    {ok, Left} = dosai:stream(Endless, question()),
    {ok, _, _} = dosai:next(Left),
    dosai:close(Left),
    {'EXIT', {in_the_middle, _}} = (catch dosai:fold(fun(_, _) -> error(in_the_middle) end, ok, element(2, dosai:stream(Endless, question())))),
    {ok, _} = dosai:stream(Endless, question()), % garbage
    support:settled(),
    support:gone("endless~left"),
    timer:sleep(20),
    ok = receive {dosai, _, {ok, _}} -> complete; {dosai, _, {error, _}} -> told after 0 -> ok end.

closed() ->
    {ok, Endless} = client("endless~closed"),
    {ok, Thrown} = dosai:stream(Endless, question()),
    stop = (catch dosai:fold(fun(_, _) -> throw(stop) end, ok, Thrown)),
    fails(cancelled, dosai:next(Thrown, 5000)), % and does not wait
    fails(cancelled, dosai:result(Thrown)),
    {ok, Stream} = dosai:stream(Endless, question()),
    {ok, _, First} = dosai:next(Stream),
    {ok, _, Rest} = dosai:next(First),
    spawn_link(fun() -> timer:sleep(100), dosai:close(Stream) end),
    #{completion := #{text := <<"0 1", _/binary>>}} = fails(cancelled, dosai:result(Rest)),
    support:settled(),
    support:gone("endless~closed").

killed(Client) ->
    unlink(Client),
    exit(Client, kill).

%% Its calls are told.
ends(How) ->
    {ok, Endless} = client("endless~ends"),
    {ok, Stream} = dosai:stream(Endless, question()),
    {ok, _, Rest} = dosai:next(Stream),
    Since = now_ms(),
    How(Endless),
    fails(cancelled, contents(Rest)),
    took(Since, 50),
    support:gone("endless~ends"),
    {'EXIT', {noproc, _}} = (catch dosai:chat(Endless, question())).

%% What is told as complete has all its chunks: contents/1 compares them.
torn() -> [killed_after(Ms rem 6) || Ms <- lists:seq(1, 300)].

killed_after(Ms) ->
    {ok, Mixed} = client("mixed"),
    Readers = [spawn_monitor(fun() -> exit({said, contents(dosai:stream(Mixed, question()))}) end) || _ <- lists:seq(1, 4)],
    timer:sleep(Ms),
    killed(Mixed),
    [receive {'DOWN', Monitor, process, Reader, Why} -> ended(Why) after 10000 -> error(hangs) end || {Reader, Monitor} <- Readers].

ended({said, _}) -> ok;
ended({Why, {gen_server, call, _}}) when Why =:= noproc; Why =:= killed -> ok.

forgotten() ->
    {ok, _} = dosai_nif:client([], []),
    {ok, Client} = dosai_nif:client([], []),
    ok = dosai_nif:close(Client),
    closed = dosai_nif:step(Client),
    {error, #{status := cancelled}} = dosai_nif:submit(Client, 0, self(), make_ref(), <<0>>, <<"{}">>, []),
    support:settled().

%% Processes that are killed at any time, and the client before some of them.
many() ->
    {ok, Endless} = client("mixed"),
    unlink(Endless),
    Processes = [spawn(fun() -> catch contents(dosai:stream(Endless, question())) end) || _ <- lists:seq(1, 200)],
    [begin
        At rem 20 =:= 0 andalso timer:sleep(3),
        exit(Process, kill)
    end || {At, Process} <- lists:enumerate(Processes), At rem 3 =/= 0],
    exit(Endless, kill),
    [monitor(process, Process) || Process <- Processes],
    [receive {'DOWN', _, process, Process, _} -> ok after 10000 -> error(hangs) end || Process <- Processes].

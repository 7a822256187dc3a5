%% The process of a client: it steps the library's loop when there is work, and hands calls to it.
-module(dosai_client).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

init(Nif) ->
    process_flag(trap_exit, true),
    ok = dosai_nif:own(Nif),
    {ok, Nif}.

handle_call({submit, Kind, Reference, Path, Body, Options}, {Process, _}, Nif) ->
    {reply, dosai_nif:submit(Nif, Kind, Process, Reference, Path, Body, Options), Nif};
handle_call(_, _, Nif) ->
    {noreply, Nif}.

handle_cast(_, Nif) ->
    {noreply, Nif}.

handle_info({select, _, _, ready_input}, Nif) -> step(Nif);
handle_info(step, Nif) -> step(Nif);
handle_info(_, Nif) -> {noreply, Nif}.

step(Nif) ->
    case dosai_nif:step(Nif) of
        ok -> {noreply, Nif};
        again -> self() ! step, {noreply, Nif}; % behind the calls that wait to be made
        later -> erlang:send_after(1, self(), step), {noreply, Nif};
        closed -> {stop, normal, Nif};
        {error, Error} -> {stop, Error, Nif}
    end.

terminate(_, Nif) ->
    dosai_nif:close(Nif).

/* How much memory is in use: what malloc keeps for later is not. */
#include <erl_nif.h>
#include <malloc.h>

static ERL_NIF_TERM in_use(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  (void)argc;
  (void)argv;
  struct mallinfo2 info = mallinfo2();
  return enif_make_uint64(env, info.uordblks + info.hblkhd);
}

static ErlNifFunc functions[] = {{"in_use", 0, in_use, 0}};

ERL_NIF_INIT(heap, functions, NULL, NULL, NULL, NULL)

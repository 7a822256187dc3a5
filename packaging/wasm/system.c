/* In place of the parts of C's library and of jansson that would reach for a system. The module has one import, a source
 * of random bytes: without them, a server could choose the keys of an object so that their hashes are all the same. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

volatile uint32_t hashtable_seed = 0;

void json_object_seed(size_t seed) {
  uint32_t random = (uint32_t)seed;
  while (!hashtable_seed) {
    if (!seed && getentropy(&random, sizeof random) != 0) abort();
    hashtable_seed = random ? random : 1;
  }
}

_Noreturn void abort(void) { __builtin_trap(); }

/* printf's and scanf's code names them, but never gets there: nothing is printed or read. */
char __stderr_FILE;
int fputs(const char *restrict text, FILE *restrict file) {
  (void)text, (void)file;
  abort();
}
void __stdio_exit_needed(void) {}

/* By WASI's rules, a module without this one would be initialized in each call. */
void __wasm_call_ctors(void);
void _initialize(void) { __wasm_call_ctors(); }

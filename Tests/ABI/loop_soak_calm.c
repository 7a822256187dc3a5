/* loop_soak.c, with its main(), where the server ends no stream before its end: libcurl itself then loses nothing, and
 * each lost block is ours. */
#define SERVER_ENDS_WELL
#include "loop_soak.c"

/* Prints what guards the stack. */
#include "../../packaging/bundle/guard.c"

#include <stdio.h>

int main(void) { return printf("%zx\n", (size_t)__stack_chk_guard) < 0; }

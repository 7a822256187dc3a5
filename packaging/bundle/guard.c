/* What Swift's functions guard their stacks with: its modules are compiled for no system, where this is a variable. That
 * of the compiler's library is a constant. This one is glibc's and musl's: random bytes from the kernel, new for each
 * process, and a first byte that no string can write. */
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

uintptr_t __stack_chk_guard;

__attribute__((constructor(101), no_stack_protector)) static void draw(void) {
  memcpy(&__stack_chk_guard, (const void *)getauxval(AT_RANDOM), sizeof __stack_chk_guard);
  ((unsigned char *)&__stack_chk_guard)[0] = 0;
}

/* Counts what a test's program allocates with `new`, and has not deleted; for one file of the program. */
#ifndef ALLOCATIONS_HPP
#define ALLOCATIONS_HPP

#include <cstdlib>
#include <new>

static long allocations, undeleted;

void *operator new(std::size_t size) {
  allocations++, undeleted++;
  if (void *memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept {
  undeleted -= memory != nullptr;
  std::free(memory);
}
void operator delete(void *memory, std::size_t) noexcept { operator delete(memory); }

#endif

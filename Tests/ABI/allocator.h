/* The malloc of the whole program: it can be told to fail, counts what is alive, and finds what is written beyond a
 * block or freed twice. A program that includes it replaces libc's for every library in the process. */
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include "test.h"
#include <errno.h>
#include <execinfo.h>
#include <sys/mman.h>
#include <sys/syscall.h>

void *__libc_malloc(size_t size);
void __libc_free(void *memory);
void *__libc_memalign(size_t alignment, size_t size);

enum { ALLOCATOR_TAIL = 8, ALLOCATOR_ALIVE = 0x616c6976, ALLOCATOR_DEAD = 0x64656164, ALLOCATOR_FRAMES = 24 };

typedef struct { /* directly before each block */
  size_t size;
  uint32_t mark, offset;
} allocator_head;

/* In memory that a child shares with its parent. */
typedef struct {
  long countdown; /* the allocation that fails, counted from 1; 0: none */
  int for_ever;   /* and all that come after it */
  size_t least;   /* only those of at least so many bytes are counted and fail */
  long failed;    /* how many have failed */
  size_t size;    /* of the last that failed, */
  int is_object;  /* whether it was asked for by posix_memalign, as only Swift does, */
  int64_t after;  /* and how many were made or freed since */
  const char *damage;
  int frames;
  void *frame[ALLOCATOR_FRAMES]; /* from where the first that failed was asked for */
} allocator_state;

static allocator_state allocator_none, *allocator = &allocator_none;
static atomic_long allocator_alive;

static inline int allocator_fails(size_t size, int is_object) {
  allocator->after++;
  if (allocator->countdown <= 0 || size < allocator->least) return 0;
  if (--allocator->countdown > 0) return 0;
  allocator->countdown = allocator->for_ever;
  allocator->failed++;
  allocator->size = size;
  allocator->is_object = is_object;
  allocator->after = 0;
  if (allocator->failed == 1) allocator->frames = backtrace(allocator->frame, ALLOCATOR_FRAMES);
  errno = ENOMEM;
  return 1;
}

static inline void allocator_damaged(const char *what) {
  allocator->damage = what;
  abort();
}

static inline void *allocator_new(size_t alignment, size_t size, int is_object) {
  size_t offset = alignment > sizeof(allocator_head) ? alignment : sizeof(allocator_head);
  if (size > SIZE_MAX / 2 || allocator_fails(size, is_object)) return NULL;
  char *whole = __libc_memalign(offset, offset + size + ALLOCATOR_TAIL);
  if (!whole) return NULL;
  char *block = whole + offset;
  *(allocator_head *)(void *)(block - sizeof(allocator_head)) =
      (allocator_head){size, ALLOCATOR_ALIVE, (uint32_t)offset};
  memset(block, 0xcc, size + ALLOCATOR_TAIL);
  allocator_alive++;
  return block;
}

static inline allocator_head *allocator_check(char *block) {
  allocator_head *head = (allocator_head *)(void *)(block - sizeof(allocator_head));
  if (head->mark == ALLOCATOR_DEAD) allocator_damaged("freed twice");
  if (head->mark != ALLOCATOR_ALIVE) allocator_damaged("written before a block, or freed what is none");
  for (int i = 0; i < ALLOCATOR_TAIL; i++)
    if ((unsigned char)block[head->size + (size_t)i] != 0xcc) allocator_damaged("written behind a block");
  return head;
}

void free(void *memory) {
  if (!memory) return;
  allocator_head *head = allocator_check(memory);
  allocator->after++;
  allocator_alive--;
  head->mark = ALLOCATOR_DEAD;
  memset(memory, 0xdd, head->size);
  __libc_free((char *)memory - head->offset);
}

void *malloc(size_t size) { return allocator_new(16, size, 0); }

void *calloc(size_t count, size_t size) {
  if (size && count > SIZE_MAX / 2 / size) return NULL;
  void *made = allocator_new(16, count * size, 0);
  return made ? memset(made, 0, count * size) : NULL;
}

void *realloc(void *memory, size_t size) {
  if (!memory) return malloc(size);
  size_t old = allocator_check(memory)->size;
  void *made = allocator_new(16, size, 0);
  if (!made) return NULL;
  memcpy(made, memory, old < size ? old : size);
  free(memory);
  return made;
}

/* The library asks the system itself whether there is room. */
void *mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset) {
  if (descriptor < 0 && allocator_fails(size, 0)) return MAP_FAILED;
  return (void *)syscall(SYS_mmap, address, size, protection, flags, descriptor, offset);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
  void *made = allocator_new(alignment, size, 1);
  if (!made) return ENOMEM;
  *out = made;
  return 0;
}

void *aligned_alloc(size_t alignment, size_t size) { return allocator_new(alignment, size, 0); }
void *memalign(size_t alignment, size_t size) { return allocator_new(alignment, size, 0); }

#endif

/* In place of Sources/CSystem: what the decoder needs of it, where there is no system and one thread. */
#include <stdlib.h>

typedef int csystem_mutex;
static inline void csystem_mutex_destroy(csystem_mutex *mutex) { *mutex = 0; }
static inline void csystem_mutex_lock(csystem_mutex *mutex) { *mutex = 1; }
static inline void csystem_mutex_unlock(csystem_mutex *mutex) { *mutex = 0; }

/* There is only the C locale. */
typedef void *locale_t;
static inline locale_t csystem_c_locale(void) { return (locale_t)1; }
static inline locale_t uselocale(locale_t locale) { return locale; }
static inline void freelocale(locale_t locale) { (void)locale; }

/* Whether this many more bytes can be allocated. */
static inline int csystem_has_room(size_t size) {
  void *room = malloc(size);
  free(room);
  return room != NULL;
}

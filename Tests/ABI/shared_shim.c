/* Preloaded: counts the lookups of counted.test, which is this machine. libcurl 8.23 makes two of one, by family: they
 * count as one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>

atomic_int counted_lookups;

int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found) {
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  if (!node || strcmp(node, "counted.test") != 0) return real(node, service, hints, found);
  if (!hints || hints->ai_family != AF_INET6) counted_lookups++;
  return real("127.0.0.1", service, hints, found);
}

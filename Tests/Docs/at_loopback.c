/* Linked into the programs of the documents: a client that names no server talks to DOSAI_BASE_URL. */
#include <dosai.h>
#include <stdlib.h>

dosai_status __real_dosai_client_new(const dosai_client_options *options, dosai_client **out_client,
                                     dosai_error **out_error);

dosai_status __wrap_dosai_client_new(const dosai_client_options *options, dosai_client **out_client,
                                     dosai_error **out_error) {
  dosai_client_options there;
  dosai_client_options_init(&there, sizeof there);
  if (options) there = *options;
  if (!there.base_url) there.base_url = getenv("DOSAI_BASE_URL");
  return __real_dosai_client_new(&there, out_client, out_error);
}

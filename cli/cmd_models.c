/* dosai models.   SPDX-License-Identifier: MIT */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

static void put_id(const char *model, outcome *outcome) {
  const char *id = json_member(model, "id");
  if (!id || *id != '"') return;
  size_t length = 0;
  char *text = json_text(id, &length);
  if (!text) {
    outcome_fail(outcome, DOSAI_OUT_OF_MEMORY, "out of memory");
    return;
  }
  put_plain(stdout, text, length);
  putchar('\n');
  free(text);
}

void models_run(dosai_client *client, const options *options, outcome *outcome) {
  cancel_on_signals();
  dosai_response *response = NULL;
  outcome->status = dosai_client_get(client, "/models", &options->call, &response, &outcome->error);
  if (!outcome_is_ok(outcome)) return;
  size_t length = 0;
  const char *json = dosai_response_json(response, &length);
  if (options->is_json) {
    json_put_compact(stdout, json, length);
    putchar('\n');
  } else {
    const char *list = json_member(json, "data");
    if (!list) list = json;
    if (list[strspn(list, " \t\r\n")] != '[') {
      outcome_fail(outcome, DOSAI_PROTOCOL, "the answer is not a list of models");
    } else {
      for (const char *model = json_first(list); model; model = json_next(model)) put_id(model, outcome);
    }
  }
  dosai_response_free(response);
}

/* The help texts, except those of the options.   SPDX-License-Identifier: MIT */
#include "tool.h"

static const char *const all_help =
    "usage: dosai chat [OPTION]... [PROMPT]\n"
    "       dosai batch [OPTION]... INPUT -o OUTPUT\n"
    "       dosai models [OPTION]...\n"
    "       dosai post [OPTION]... PATH\n"
    "       dosai decode [--json]\n"
    "       dosai completion bash|zsh|fish\n"
    "       dosai --version\n\n"
    "The key comes from DOSAI_API_KEY, the URL from --base-url or DOSAI_BASE_URL; its default is\n"
    "https://api.dos.ai/v1. OPENAI_API_KEY and OPENAI_BASE_URL are used only together, and only if\n"
    "none of these is set. \"dosai COMMAND --help\" lists its options.\n";
static const char *const models_help = "usage: dosai models [OPTION]...\n"
                                       "Prints the ids of the models, one per line.\n\n";
static const char *const decode_help =
    "usage: dosai decode [--json]\n"
    "Reads the stream of a chat from standard input, as from curl -N, and prints the answer as chat does.\n"
    "The exit status is that of chat.\n\n";
static const char *const post_help =
    "usage: dosai post [OPTION]... PATH\n"
    "Sends JSON to any endpoint, such as /embeddings or /responses, and prints its answer on one line.\n\n";
static const char *const post_notes =
    "\n"
    "With --stream or --last-event, it prints each event on one line: {\"type\": T, \"id\": I, \"data\": "
    "D}.\n"
    "NAME is the type or the data of the last event, such as message_stop, or several, separated by\n"
    "spaces. The exit status is that of chat.\n";
static const char *const chat_help =
    "usage: dosai chat [OPTION]... [PROMPT]\n"
    "Sends PROMPT, --file or standard input, and prints the answer as it arrives.\n\n";
static const char *const chat_notes =
    "\n"
    "--json prints one object per line: {\"chunk\": {\"kind\": K, \"choice\": N, ...}} for each chunk, with\n"
    "  content, reasoning, refusal   text\n"
    "  tool_call                     tool_call (its index), id, name, text (of the arguments)\n"
    "  finish                        finish_reason\n"
    "  usage                         usage\n"
    "  other                         json (the event)\n"
    "and at the end always {\"status\": S, \"error\": {...}, \"completion\": {...}, \"quirks\": [...], "
    "...}.\n"
    "Exit status: 0 success; 1 server error; 2 wrong usage; 3 connection, TLS, timeout or redirect;\n"
    "4 the answer is truncated, malformed or too large; 5 anything else; 130 cancelled.\n";

static const char *const batch_help = "usage: dosai batch [OPTION]... INPUT -o OUTPUT\n"
                                      "Sends each line of INPUT, in OpenAI's batch format, and writes each "
                                      "result to OUTPUT as it arrives.\n\n";
static const char *const batch_notes =
    "\n"
    "Each line of INPUT is a request, in which /v1 stands for the base URL; each line of OUTPUT is a "
    "result:\n"
    "  {\"custom_id\": ID, \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\": {...}}\n"
    "  {\"id\": \"batch_req_LINE\", \"custom_id\": ID, \"response\": {\"status_code\": 200, \"request_id\": "
    "R,\n"
    "   \"body\": {...}}, \"error\": null or {\"code\": STATUS, \"message\": TEXT}}\n"
    "If it is killed and started again, it continues with the lines that have no result. To retry failed\n"
    "lines, delete them from OUTPUT. OUTPUT is flushed to disk every second and at the end.\n"
    "After a 429, all calls wait as long as the server asks. 408, 409, 429, 5xx, timeouts and broken\n"
    "connections are retried. No connection, 401 and 402 end the batch, because all other lines would fail.\n"
    "--tpm counts a request as its max_tokens plus a quarter of its bytes until its usage is known.\n"
    "Exit status: 0 all lines succeeded; 1 some lines failed, or the key or its credit was refused; 2 wrong\n"
    "usage or invalid INPUT; 3 connection, TLS or redirect; 5 anything else, such as a full disk;\n"
    "130 cancelled.\n";

const char *help_of(int command) {
  switch (command) {
  case CHAT_COMMAND:
    return chat_help;
  case MODELS_COMMAND:
    return models_help;
  case BATCH_COMMAND:
    return batch_help;
  case POST_COMMAND:
    return post_help;
  case DECODE_COMMAND:
    return decode_help;
  default:
    return all_help;
  }
}

const char *notes_of(int command) {
  switch (command) {
  case CHAT_COMMAND:
    return chat_notes;
  case BATCH_COMMAND:
    return batch_notes;
  case POST_COMMAND:
    return post_notes;
  default:
    return "";
  }
}

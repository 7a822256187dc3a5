/* What --help says beside the options.   SPDX-License-Identifier: MIT */
#include "tool.h"

static const char *const all_help =
    "usage: dosai chat [OPTION]... [PROMPT]\n"
    "       dosai batch [OPTION]... INPUT -o OUTPUT\n"
    "       dosai models [OPTION]...\n"
    "       dosai completion bash|zsh|fish\n"
    "       dosai --version\n\n"
    "The key is DOSAI_API_KEY; the API is --base-url, DOSAI_BASE_URL or https://api.dos.ai/v1.\n"
    "OPENAI_API_KEY and OPENAI_BASE_URL are used only together, and only if none of these is set.\n"
    "dosai chat --help, dosai batch --help and dosai models --help list the options.\n";
static const char *const models_help = "usage: dosai models [OPTION]...\n"
                                       "Prints the ids of the models, one a line.\n\n";
static const char *const chat_help =
    "usage: dosai chat [OPTION]... [PROMPT]\n"
    "Sends PROMPT, or --file, or standard input, and prints the answer as it comes.\n\n";
static const char *const chat_notes =
    "\n"
    "--json prints one object a line: {\"chunk\": {\"kind\": K, \"choice\": N, ...}} for each chunk, with\n"
    "  content, reasoning, refusal   text\n"
    "  tool_call                     tool_call (its index), id, name, text (of the arguments)\n"
    "  finish                        finish_reason\n"
    "  usage                         usage\n"
    "  other                         json (the event)\n"
    "and always last {\"status\": S, \"error\": {...}, \"completion\": {...}, \"quirks\": [...], ...}.\n"
    "Exit status: 0 fine; 1 refused by the server; 2 usage; 3 connection, TLS, timeout, redirect;\n"
    "4 truncated, malformed or too large an answer; 130 cancelled; 5 anything else.\n";

static const char *const batch_help = "usage: dosai batch [OPTION]... INPUT -o OUTPUT\n"
                                      "Sends each line of INPUT, which has OpenAI's batch format, and writes "
                                      "its result to OUTPUT as it comes.\n\n";
static const char *const batch_notes =
    "\n"
    "A line of INPUT is one request, whose /v1 stands for the API; a line of OUTPUT is one result:\n"
    "  {\"custom_id\": ID, \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\": {...}}\n"
    "  {\"id\": \"batch_req_LINE\", \"custom_id\": ID, \"response\": {\"status_code\": 200, \"request_id\": "
    "R,\n"
    "   \"body\": {...}}, \"error\": null or {\"code\": STATUS, \"message\": TEXT}}\n"
    "Killed at any time and started again, it goes on with the lines that have no result. To try failed "
    "lines\n"
    "again, delete them from OUTPUT. OUTPUT is forced to the disk each second and at the end.\n"
    "A 429 holds all calls back for as long as it says. Of failures 408, 409, 429, 5xx, timeouts and broken\n"
    "connections are tried again. No connection, 401 and 402 end the batch, for no other line would fare "
    "better.\n"
    "--tpm counts a request as its max_tokens and a quarter of its bytes until its usage is known.\n"
    "Exit status: 0 all answered; 1 some failed, or the key or its credit was refused; 2 usage, or a line "
    "of\n"
    "INPUT is wrong; 3 connection, TLS, redirect; 130 cancelled; 5 anything else, as a full disk.\n";

const char *help_of(int command) {
  switch (command) {
  case CHAT_COMMAND:
    return chat_help;
  case MODELS_COMMAND:
    return models_help;
  case BATCH_COMMAND:
    return batch_help;
  default:
    return all_help;
  }
}

const char *notes_of(int command) {
  return command == CHAT_COMMAND ? chat_notes : command == BATCH_COMMAND ? batch_notes : "";
}

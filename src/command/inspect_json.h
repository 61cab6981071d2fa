/* A stored message as lei inspect shows it. */
#ifndef COMMAND_INSPECT_JSON_H
#define COMMAND_INSPECT_JSON_H

#include "q_json.h"

#define INSPECT_MESSAGE "smsg"

/* For store_fetch; rock is a json_t object, which gets an INSPECT_MESSAGE. */
int inspect_hit(void *rock, const struct hit *h);

#endif

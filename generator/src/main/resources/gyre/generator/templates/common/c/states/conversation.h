// The server's side of a connection, as a state machine of lines.
#pragma once
#include "server.h"

extern const struct handler conversation;

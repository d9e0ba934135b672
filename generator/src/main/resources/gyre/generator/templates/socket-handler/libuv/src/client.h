// A client that stays connected.
#pragma once
#include "options.h"

// Runs until SIGTERM; the exit code.
int run_client(const struct options *options);

// {{name}}: a server, and a client that stays connected to it, as state machines.
#include "client.h"
#include "conversation.h"

int main(int argc, char **argv) {
  struct options options = parse_options("{{name}}", argc, argv);
  return options.is_client ? run_client(&options) : run_server(&options, &conversation);
}

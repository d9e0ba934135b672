package gyre.engine.readiness;

import gyre.engine.Accept;
import gyre.engine.Errno;

/** Accepts connections. */
final class Accepts extends Reads<Accept> {
  Accepts(ReadinessEngine engine) {
    super(engine);
  }

  @Override
  int transfer(Channel channel, Accept reader, int budget) {
    int connection = engine.accept(channel);
    if (connection >= 0) {
      engine.counters.completions++;
      reader.accepted(connection);
      return 1;
    }
    return Errno.isOfOneConnection(connection) ? 0 : nothing(channel, reader, connection);
  }
}

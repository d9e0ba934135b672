package gyre.engine.readiness;

import gyre.engine.Send;
import gyre.engine.Vector;

/** Sends on streams. */
final class Sends extends Writes<Send> {
  private final Vector vector;

  Sends(ReadinessEngine engine, Vector vector) {
    super(engine);
    this.vector = vector;
  }

  @Override
  int attempt(Channel channel, Send send) {
    vector.clear();
    int ignored = send.gather(vector);
    return engine.send(channel, vector);
  }
}

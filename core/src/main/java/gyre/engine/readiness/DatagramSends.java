package gyre.engine.readiness;

import gyre.engine.SendTo;
import gyre.engine.Vector;

/** Sends datagrams. */
final class DatagramSends extends Writes<SendTo> {
  private final Vector vector;

  DatagramSends(ReadinessEngine engine, Vector vector) {
    super(engine);
    this.vector = vector;
  }

  @Override
  int attempt(Channel channel, SendTo send) {
    vector.clear();
    int ignored = send.gather(vector);
    return engine.sendTo(channel, vector, send.target);
  }
}

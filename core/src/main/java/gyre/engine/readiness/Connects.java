package gyre.engine.readiness;

import gyre.engine.Connect;
import gyre.engine.Errno;
import java.net.SocketAddress;

/** Connects. */
final class Connects extends Writes<Connect> {
  private static final int EINPROGRESS = Errno.EINPROGRESS.negated();

  /** In {@code engineBits}: it has begun, and is to be finished. */
  private static final int BEGUN = 1;

  Connects(ReadinessEngine engine) {
    super(engine);
  }

  @Override
  int attempt(Channel channel, Connect connect) {
    SocketAddress target = connect.target;
    if (target == null) {
      return Errno.EINVAL.negated();
    }
    if (connect.engineBits == BEGUN) {
      return engine.finishConnect(channel, target);
    }
    int result = engine.connect(channel, target);
    if (result == EINPROGRESS) {
      connect.engineBits = BEGUN;
      return ReadinessEngine.EAGAIN;
    }
    return result;
  }
}

package gyre.net;

import gyre.engine.Poll;

/**
 * Hears of a connection that breaks while nothing is received from it, which nobody else would tell
 * for as long as the pause lasts. An orderly end waits in the kernel, behind the bytes that are
 * there.
 */
final class PausedWatch extends Poll {
  private final SocketStream stream;

  PausedWatch(SocketStream stream, int descriptor) {
    this.stream = stream;
    this.descriptor = descriptor;
    this.interest = 0; // errors always come
  }

  @Override
  public void ready(int events) {
    if ((events & ERROR) != 0) {
      stream.brokeWhilePaused();
    }
  }

  @Override
  public void ended(int error) {
    stream.watchEnded();
  }

  @Override
  public String toString() {
    return "watch of " + stream.name();
  }
}

import java.net.InetSocketAddress;
import java.util.List;

/** Where connections go. Of one loop. */
final class Target {
  final InetSocketAddress address;
  int connections;
  private boolean isDown;
  private long downUntilNanos;

  Target(InetSocketAddress address) {
    this.address = address;
  }

  /** It has refused: it is left alone until then. */
  void down(long untilNanos) {
    isDown = true;
    downUntilNanos = untilNanos;
  }

  void up() {
    isDown = false;
  }

  /** Whether it may be tried: it is up, or has been left alone for long enough. */
  boolean mayBeTried(long nowNanos) {
    return !isDown || nowNanos - downUntilNanos >= 0;
  }

  /** The one with the fewest connections; among equals, the first from {@code turn} on. */
  static Target choose(List<Target> candidates, int turn) {
    Target best = null;
    for (int i = 0; i < candidates.size(); i++) {
      Target each = candidates.get(Math.floorMod(turn + i, candidates.size()));
      if (best == null || each.connections < best.connections) {
        best = each;
      }
    }
    return best;
  }
}

package gyre.process;

import gyre.Loop;
import gyre.spi.Internals;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The starts that are under way on one loop. A loop that is closed by force leaves the fibers that
 * wait for them behind: they never run again, so what those hold, the child included, is given back
 * here.
 */
final class Starts {
  private final Set<Starting> underWay = new LinkedHashSet<>();

  private Starts(Loop loop) {
    var ignored = Internals.whenClosed(loop).thenRun(() -> underWay.forEach(Starting::abandon));
  }

  static Starts of(Loop loop) {
    return Internals.onePerLoop(loop, Starts.class, Starts::new);
  }

  void begun(Starting starting) {
    boolean ignored = underWay.add(starting);
  }

  void ended(Starting starting) {
    boolean ignored = underWay.remove(starting);
  }
}

package gyre;

import gyre.loop.Logging;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/** Those on the path who look after loops: looked for when the first one opens. */
final class LoopWatchers {
  private static final List<LoopWatch> ALL = find();

  private LoopWatchers() {}

  private static List<LoopWatch> find() {
    try {
      return ServiceLoader.load(LoopWatch.class, LoopWatch.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();
    } catch (ServiceConfigurationError e) {
      Logging.log(System.Logger.Level.WARNING, "nobody watches the loops of this process", e);
      return List.of();
    }
  }

  static void opened(Loop loop) {
    each(watch -> watch.opened(loop));
  }

  static void closed(Loop loop) {
    each(watch -> watch.closed(loop));
  }

  private static void each(Consumer<LoopWatch> action) {
    for (LoopWatch watch : ALL) {
      try {
        action.accept(watch);
      } catch (Throwable e) {
        // A loop can do without being watched, where there is no memory for one more thread.
        Logging.log(System.Logger.Level.WARNING, "a watcher of loops failed", e);
      }
    }
  }
}

package gyre.tls;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.file.WatchEvent;
import gyre.file.WatchOptions;
import gyre.file.Watcher;
import gyre.process.OsSignal;
import gyre.process.SignalEvent;
import gyre.process.SignalStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has a {@link TlsServer} reload its certificates when their files change, and when an operator
 * sends SIGHUP.
 */
public final class TlsReload {
  /** Certificate and key are two files, which are written one after the other. */
  private static final Duration SETTLE = Duration.ofMillis(200);

  private static final int EVENTS_LIMIT = 1000;

  private TlsReload() {}

  /** Is told how each reload went. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Told after each attempt.
     *
     * @param failure null if the new certificates are used; otherwise the old ones still are
     */
    void reloaded(@Nullable Exception failure);
  }

  /**
   * Waits for SIGHUP and for changes of the files, and reloads, until the calling fiber is
   * cancelled: for a fiber of its own.
   *
   * <pre>{@code
   * Fiber<?> reloading = Fiber.start(() -> TlsReload.run(tls, this::log, chain, key));
   * }</pre>
   */
  public static void run(TlsServer server, Listener listener, Path... files) {
    try (Scope scope = Scope.open("tls-reload");
        SignalStream hangUp = SignalStream.open(OsSignal.HUP)) {
      assert scope.fibers() == 0;
      List<Watcher> watchers = new ArrayList<>();
      List<Source> sources = new ArrayList<>(List.of(hangUp.arrived()));
      for (Path file : files) {
        Watcher watcher = Watcher.openFile(file, WatchOptions.defaults());
        watchers.add(watcher);
        sources.add(watcher.changed());
      }
      while (true) {
        Source first = Fiber.awaitFirst(sources.toArray(Source[]::new));
        int index = sources.indexOf(first);
        if (index == 0) {
          SignalEvent ignored = hangUp.next(); // throws where all of this is ending
        } else {
          WatchEvent ignored = watchers.get(index - 1).next();
          Fiber.sleep(SETTLE);
        }
        takeAll(hangUp, watchers);
        listener.reloaded(reload(server));
      }
    }
  }

  private static void takeAll(SignalStream hangUp, List<Watcher> watchers) {
    for (int i = 0; i < EVENTS_LIMIT && hangUp.poll().isPresent(); i++) {
      assert hangUp.isOpen();
    }
    for (Watcher watcher : watchers) {
      for (int i = 0; i < EVENTS_LIMIT && watcher.poll().isPresent(); i++) {
        assert watcher.isOpen();
      }
    }
  }

  private static @Nullable Exception reload(TlsServer server) {
    try {
      server.reload();
      return null;
    } catch (CancelledException e) {
      throw e;
    } catch (Exception e) {
      return e;
    }
  }
}

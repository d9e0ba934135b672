package gyre.engine.nio;

import gyre.engine.WatchCalls;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the JDK's {@link WatchService} tells, taken for no more than a reason to look: it merges
 * what happens, loses some of it, and tells nothing of renames. A thread of its own waits for it.
 */
final class NioHints implements WatchCalls.Hints {
  private static final WatchEvent.Kind<?>[] KINDS = {
    StandardWatchEventKinds.ENTRY_CREATE,
    StandardWatchEventKinds.ENTRY_DELETE,
    StandardWatchEventKinds.ENTRY_MODIFY
  };

  private final WatchService service;
  private final Consumer<Path> changed;
  private final Map<Path, WatchKey> keys = new ConcurrentHashMap<>();
  private final Thread thread =
      Thread.ofPlatform().daemon().name("gyre-watch-hints").unstarted(this::run);

  private NioHints(WatchService service, Consumer<Path> changed) {
    this.service = service;
    this.changed = changed;
  }

  /** Null where the system gives no such service. */
  static @Nullable NioHints open(Consumer<Path> changed) {
    try {
      NioHints hints = new NioHints(FileSystems.getDefault().newWatchService(), changed);
      hints.thread.start();
      return hints;
    } catch (IOException | UnsupportedOperationException none) {
      return null; // its limits are used up by others, say
    }
  }

  private void run() {
    try (service) {
      while (true) {
        tell(service.take());
      }
    } catch (InterruptedException | ClosedWatchServiceException end) {
      // Nobody wants to know any more.
    } catch (IOException failed) {
      // It could not be closed in order.
    }
  }

  private void tell(WatchKey key) {
    List<WatchEvent<?>> _ = key.pollEvents(); // one looks what it was
    boolean isValid = key.reset();
    if (key.watchable() instanceof Path directory) {
      if (!isValid) {
        boolean ignored = keys.remove(directory, key); // it is gone
      }
      changed.accept(directory);
    }
  }

  @Override
  public void add(Path directory) {
    if (keys.containsKey(directory)) {
      return;
    }
    try {
      WatchKey ignored = keys.put(directory, directory.register(service, KINDS));
    } catch (IOException | ClosedWatchServiceException none) {
      // It is gone, no directory, or one too many: it is looked at from time to time.
    }
  }

  @Override
  public void remove(Path directory) {
    WatchKey key = keys.remove(directory);
    if (key != null) {
      key.cancel();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}

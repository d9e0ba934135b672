package gyre.http;

import gyre.Loop;
import gyre.Registration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Who wants to hear on a loop that the server, or the loop, ends: connections that left HTTP, and
 * answers that last.
 */
final class Endings {
  private final Loop loop;
  private final Set<Entry> entries = new LinkedHashSet<>();
  private @Nullable Registration atShutdown;
  private boolean isEnding;

  Endings(Loop loop) {
    this.loop = loop;
  }

  Entry add(Runnable action) {
    Entry entry = new Entry(action);
    entries.add(entry);
    if (isEnding) {
      loop.post(this::tell);
    } else if (atShutdown == null) {
      hearOfShutdown();
    }
    return entry;
  }

  private void hearOfShutdown() {
    try {
      atShutdown = loop.onShutdown(this::end);
    } catch (IllegalStateException e) { // it is shutting down already
      loop.post(this::end);
    }
  }

  /** The server or the loop ends. Once is enough. */
  void end() {
    isEnding = true;
    tell();
  }

  boolean isEnding() {
    return isEnding;
  }

  private void report(Throwable failure) {
    ActionFailure told = new ActionFailure(failure);
    try {
      loop.post(() -> {
        throw told;
      });
    } catch (RejectedExecutionException e) { // the loop is closed: whoever closes it hears of it
      told.addSuppressed(e);
      throw told;
    }
  }

  private void tell() {
    for (Entry entry : new ArrayList<>(entries)) {
      entry.tell();
    }
  }

  private void remove(Entry entry) {
    boolean ignored = entries.remove(entry);
    Registration known = atShutdown;
    if (entries.isEmpty() && known != null) {
      atShutdown = null;
      known.close();
    }
  }

  /** Says where it came from. */
  private static final class ActionFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ActionFailure(Throwable cause) {
      super("an action of onEnding failed: " + cause, cause);
    }
  }

  /** One who waits. */
  final class Entry implements Registration {
    private final Runnable action;

    private Entry(Runnable action) {
      this.action = action;
    }

    /**
     * The end is there, unless it was told or taken back before. One that throws is reported, and
     * the others hear of it all the same.
     */
    void tell() {
      if (entries.remove(this)) {
        try {
          action.run();
        } catch (Exception | Error e) {
          report(e);
        }
      }
    }

    @Override
    public void close() {
      remove(this);
    }
  }
}

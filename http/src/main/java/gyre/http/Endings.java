package gyre.http;

import gyre.Loop;
import gyre.Registration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
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

  /** The server or the loop ends. */
  void end() {
    isEnding = true;
    tell();
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

  /** One who waits. */
  final class Entry implements Registration {
    private final Runnable action;

    private Entry(Runnable action) {
      this.action = action;
    }

    /** The end is there, unless it was told or taken back before. */
    void tell() {
      if (entries.remove(this)) {
        action.run();
      }
    }

    @Override
    public void close() {
      remove(this);
    }
  }
}

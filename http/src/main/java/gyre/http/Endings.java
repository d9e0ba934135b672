package gyre.http;

import gyre.Loop;
import gyre.Registration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who wants to hear on a loop that the server, or the loop, ends: connections that left HTTP. */
final class Endings {
  private final Loop loop;
  private final Set<Entry> entries = new LinkedHashSet<>();
  private @Nullable Registration atShutdown;
  private boolean isEnding;

  Endings(Loop loop) {
    this.loop = loop;
  }

  Registration add(Runnable action) {
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
      if (entries.remove(entry)) {
        entry.action.run();
      }
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

  private final class Entry implements Registration {
    final Runnable action;

    Entry(Runnable action) {
      this.action = action;
    }

    @Override
    public void close() {
      remove(this);
    }
  }
}

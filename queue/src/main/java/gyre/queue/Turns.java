package gyre.queue;

import org.jspecify.annotations.Nullable;

/**
 * Which entry is looked at next: one that waited for the limit of its kind, and one that did not,
 * by turns. Where batches are small a kind of which one may always begin would else hold up all
 * others. Used by the thread that executes.
 */
final class Turns {
  private final HandlerDesk desk;
  private final PendingIndex pending;
  private boolean isParked;

  Turns(HandlerDesk desk, PendingIndex pending) {
    this.desk = desk;
    this.pending = pending;
  }

  /** Null if there is none that is known. */
  @Nullable EntryName next() {
    isParked = !isParked;
    EntryName name = poll();
    if (name == null) {
      isParked = !isParked;
      name = poll();
    }
    return name;
  }

  private @Nullable EntryName poll() {
    return isParked ? desk.pollParked() : pending.poll();
  }

  /** Whether the last one had waited. */
  boolean wasParked() {
    return isParked;
  }
}

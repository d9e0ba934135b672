package gyre.balancer;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * What has changed, and why: for the log, and the newest for whoever asks. From any thread. Only
 * changes come here, never something that each connection does.
 */
final class Events {
  private static final int KEPT = 500;

  private static final System.Logger LOGGER = System.getLogger("gyre.balancer");

  /**
   * @param subject a target as {@code POOL/TARGET}, a listener, or empty for the balancer
   */
  record Event(Instant at, String subject, String text) {
    @Override
    public String toString() {
      return subject.isEmpty() ? text : subject + ": " + text;
    }
  }

  private final ArrayDeque<Event> newest = new ArrayDeque<>();
  private final boolean isLogged;

  /**
   * @param isLogged whether they come into the log of the process as well
   */
  Events(boolean isLogged) {
    this.isLogged = isLogged;
  }

  void tell(Instant at, String subject, String text) {
    Event event = new Event(at, subject, text);
    synchronized (newest) {
      if (newest.size() == KEPT) {
        newest.removeFirst();
      }
      newest.addLast(event);
    }
    if (isLogged) {
      LOGGER.log(System.Logger.Level.INFO, event::toString);
    }
  }

  /** The oldest first. */
  List<Event> newest() {
    synchronized (newest) {
      return new ArrayList<>(newest);
    }
  }
}

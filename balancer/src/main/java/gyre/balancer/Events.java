package gyre.balancer;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What has changed, and why: for the log, and the newest for whoever asks. From any thread. Only
 * changes come here, never something that each connection does.
 */
final class Events {
  private static final int KEPT = 500;
  private static final int TEXT_LIMIT = 1000;

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
  private final Consumer<Event> log;

  /**
   * @param isLogged whether they come into the log of the process as well
   */
  Events(boolean isLogged) {
    this(isLogged ? Events::log : _ -> {});
  }

  /**
   * @param log is told of each, on whatever thread
   */
  Events(Consumer<Event> log) {
    this.log = log;
  }

  private static void log(Event event) {
    LOGGER.log(System.Logger.Level.INFO, event::toString);
  }

  void tell(Instant at, String subject, String text) {
    Event event = new Event(at, subject, oneLine(text));
    synchronized (newest) {
      if (newest.size() == KEPT) {
        newest.removeFirst();
      }
      newest.addLast(event);
    }
    log.accept(event);
  }

  /**
   * What a peer, a program or a command has said must neither begin another line nor fill the log.
   */
  static String oneLine(String text) {
    String cut = text.length() <= TEXT_LIMIT ? text : text.substring(0, TEXT_LIMIT) + "...";
    StringBuilder line = new StringBuilder(cut.length());
    cut.chars().forEach(c -> line.append(Character.isISOControl(c) ? '?' : (char) c));
    return line.toString();
  }

  /** The oldest first. */
  List<Event> newest() {
    synchronized (newest) {
      return new ArrayList<>(newest);
    }
  }
}

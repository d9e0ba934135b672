package gyre.loop;

import java.lang.System.Logger.Level;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/**
 * The runtime's log.
 *
 * <p>The JDK sets its logging up at the first message, for which it opens files: its configuration
 * and the rules of time zones. If that fails because the process has no descriptor left, which is
 * just what a server wants to log, the classes concerned stay broken for the life of the JVM. So a
 * loop prepares it while it is opened.
 */
public final class Logging {
  private static final System.Logger LOGGER = System.getLogger("gyre");

  private Logging() {}

  /** Opens now what a message will need. Costs something the first time only. */
  public static void prepare() {
    boolean logs = LOGGER.isLoggable(Level.ERROR);
    ZonedDateTime now = ZonedDateTime.now(ZoneId.systemDefault()); // reads the time zones
    assert logs || now != null;
  }

  /** Logs, or does nothing where logging itself is broken: a loop must go on. */
  public static void log(Level level, String message, @Nullable Throwable failure) {
    try {
      LOGGER.log(level, message, failure);
    } catch (Throwable e) {
      // Nobody is left to tell.
    }
  }

  public static void debug(String source, Throwable failure) {
    if (LOGGER.isLoggable(Level.DEBUG)) {
      log(Level.DEBUG, source + ": " + failure, null);
    }
  }
}

package gyre.queue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Takes one entry that waits, if it may be executed now. What is no entry is failed, what still
 * grows is looked at again in a moment, and what is beyond the limits of its kind waits for them.
 * Used by the thread that executes.
 */
final class EntryTaker {
  /** A file that ends in the middle and was written so long ago is no longer written. */
  private static final long GROW_MILLIS = 2000;

  private static final long GROW_LOOK_MILLIS = 100;
  private static final long RETRY_MOVE_MILLIS = 1000;

  private final Spool spool;
  private final Claims claims;
  private final PendingIndex pending;
  private final HandlerDesk desk;
  private final WorkerLog log;
  private final Probe probe;
  private final InstantSource clock;

  EntryTaker(
      Spool spool,
      Claims claims,
      PendingIndex pending,
      HandlerDesk desk,
      WorkerLog log,
      Probe probe,
      InstantSource clock) {
    this.spool = spool;
    this.claims = claims;
    this.pending = pending;
    this.desk = desk;
    this.log = log;
    this.probe = probe;
    this.clock = clock;
  }

  /**
   * Null if it is not to be executed now, for whatever reason: that is dealt with here.
   *
   * @param isTurn whether it has waited for the limit of its kind, and comes before all others of
   *     it
   */
  @Nullable Claim take(Settler settling, EntryName name, boolean isTurn, QueueConfig config) {
    if (!isTurn && desk.hasSomeWait() && isParked(name, config)) {
      return null;
    }
    Path file;
    try {
      Claims.Taken taken = claims.take(name);
      if (taken.file() == null) {
        if (taken.miss() == Claims.Miss.SAME_NAME) {
          pending.later(name, GROW_LOOK_MILLIS);
        }
        return null;
      }
      file = taken.file();
    } catch (IOException | RuntimeException e) {
      cannotMove(name, e);
      return null;
    }
    try {
      probe.at(Probe.Point.CLAIMED);
      return checked(settling, file, name, isTurn, config);
    } catch (EngineTroubleException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      giveBack(file, name);
      cannotMove(name, e);
      return null;
    }
  }

  /** Looks at it where it is: what waits for the limits of its kind need not be taken for that. */
  private boolean isParked(EntryName name, QueueConfig config) {
    try {
      Entry entry = new EntryReader(config.maxEntryBytes()).read(name.path());
      Kind kind = config.kind(entry.operation()).orElse(null);
      if (kind == null || desk.state(kind).mayBeginBehindOthers()) {
        return false;
      }
      desk.state(kind).parked.offer(name);
      return true;
    } catch (IOException | BadEntryException e) {
      return false; // whoever takes it finds out
    }
  }

  /** It is tried again in a moment. */
  void cannotMove(EntryName name, Exception e) {
    log.failure(QueueException.of("take", name.path(), e).getMessage() + "");
    if (!spool.isThere()) {
      pending.remake();
    }
    pending.later(name, RETRY_MOVE_MILLIS);
  }

  private @Nullable Claim checked(
      Settler settling, Path file, EntryName name, boolean isTurn, QueueConfig config)
      throws IOException {
    Entry entry;
    try {
      entry = new EntryReader(config.maxEntryBytes()).read(file);
    } catch (BadEntryException e) {
      if (e.mayBeGrowing() && isYoung(file)) {
        claims.putBack(file, name);
        pending.later(name, GROW_LOOK_MILLIS);
      } else {
        settling.failUnread(file, name, String.valueOf(e.getMessage()));
      }
      return null;
    } catch (AccessDeniedException e) {
      settling.failUnread(file, name, "it can't be read: " + QueueException.reason(e));
      return null;
    }
    Kind kind = config.kind(entry.operation()).orElse(null);
    if (kind == null) {
      settling.failUnhandled(
          file,
          name,
          entry,
          "no handler for the operation \""
              + entry.operation()
              + "\": add [handlers."
              + entry.operation()
              + "] to the configuration");
      return null;
    }
    KindState state = desk.state(kind);
    if (isTurn ? !state.mayBegin() : !state.mayBeginBehindOthers()) {
      claims.putBack(file, name);
      state.parked.offer(name); // where it finds no room it is looked for when there is some
      return null;
    }
    return new Claim(name, file, entry, false);
  }

  private boolean isYoung(Path file) throws IOException {
    long written = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toMillis();
    return Math.abs(clock.millis() - written) < GROW_MILLIS;
  }

  void putBack(Claim claim) {
    if (giveBack(claim.file(), claim.name())) {
      pending.again(claim.name());
    }
  }

  /** What can't be given back is no longer held, so that the next look at orphans finds it. */
  boolean giveBack(Path file, EntryName name) {
    try {
      claims.putBack(file, name);
      return true;
    } catch (IOException e) {
      log.failure(QueueException.of("put back", file, e).getMessage() + "");
      return false;
    } finally {
      claims.ended(file);
    }
  }
}

package gyre.queue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the loop tells the thread that executes: files that have come, results of handlers, wishes
 * of the operator. It is bounded: where names come faster than they are taken they are dropped, and
 * the directory is looked at instead, which has them all.
 */
final class Inbox {
  private static final int NAMES_LIMIT = 1 << 16;

  /** How the worker is to go on. Only ever goes up. */
  enum Wish {
    WORK,
    /** Finish what waits, up to a limit, and end. */
    DRAIN,
    /** End after the step under way. */
    STOP
  }

  /** What a handler has come to. */
  record Finished(Claim claim, Kind kind, Outcome outcome) {}

  /** All that came since the last time. */
  record Mail(
      List<Path> arrived,
      List<Finished> finished,
      boolean rescan,
      List<Path> delayedPaths,
      boolean delayed) {}

  private List<Path> arrived = new ArrayList<>();
  private List<Finished> finished = new ArrayList<>();
  private List<Path> delayedPaths = new ArrayList<>();
  private boolean rescan;
  private boolean delayed;
  private boolean woken;
  private Wish wish = Wish.WORK;

  synchronized void arrived(Path path) {
    if (arrived.size() < NAMES_LIMIT) {
      arrived.add(path);
    } else {
      rescan = true;
    }
    wakeUp();
  }

  synchronized void finished(Finished one) {
    finished.add(one); // bounded by the concurrency of all kinds
    wakeUp();
  }

  /** Something may be there that was not told. */
  synchronized void rescan() {
    rescan = true;
    delayed = true;
    wakeUp();
  }

  /** Something was put into {@code delayed/}. */
  synchronized void delayed(Path path) {
    if (delayedPaths.size() < NAMES_LIMIT) {
      delayedPaths.add(path);
    } else {
      delayed = true;
    }
    wakeUp();
  }

  /** Something may have been put into {@code delayed/}. */
  synchronized void delayed() {
    delayed = true;
    wakeUp();
  }

  synchronized void wakeUp() {
    woken = true;
    notifyAll();
  }

  synchronized void wish(Wish next) {
    if (next.compareTo(wish) > 0) {
      wish = next;
    }
    wakeUp();
  }

  synchronized Wish wish() {
    return wish;
  }

  synchronized Mail take() {
    woken = false;
    Mail mail = new Mail(arrived, finished, rescan, delayedPaths, delayed);
    arrived = new ArrayList<>();
    finished = new ArrayList<>();
    delayedPaths = new ArrayList<>();
    rescan = false;
    delayed = false;
    return mail;
  }

  /**
   * Blocks until something comes, or for so long. Who is woken by nothing looks, and comes again.
   */
  @SuppressWarnings("WaitNotInLoop")
  synchronized void await(long millis) throws InterruptedException {
    if (!woken && millis > 0) {
      wait(millis);
    }
  }
}

package gyre.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What of a worker's entries is with handlers, and what waits for the limits of its kind. Used by
 * the thread that executes.
 */
final class HandlerDesk implements AutoCloseable {
  private final Spool spool;
  private final EntryStarter starter;
  private final WorkerLog log;
  private final int parkedPerLevel;
  private final Map<String, KindState> kinds = new HashMap<>();

  /** By the file that an entry has in {@code processing/}. */
  private final Map<Path, Claim> running = new LinkedHashMap<>();

  /** What handlers have ended and is not settled yet. */
  private final ArrayDeque<Inbox.Finished> finished = new ArrayDeque<>();

  /** Of the kinds, whose was the last that was polled. */
  private int turn;

  private @Nullable IdLocks ids;

  /**
   * @param parkedPerLevel how many of a kind and a priority are kept while they wait
   */
  HandlerDesk(Spool spool, EntryStarter starter, WorkerLog log, int parkedPerLevel) {
    this.spool = spool;
    this.starter = starter;
    this.log = log;
    this.parkedPerLevel = parkedPerLevel;
  }

  // ---- kinds and their limits

  KindState state(Kind kind) {
    return kinds.computeIfAbsent(
        kind.operation(),
        operation -> {
          KindState state = new KindState(kind, parkedPerLevel);
          state.isPaused = Files.exists(spool.pauseFile(operation));
          return state;
        });
  }

  void useConfig(QueueConfig config) {
    kinds.forEach((operation, state) -> config.kind(operation).ifPresent(state::change));
  }

  /** Reads what is paused, and which calls hang. */
  void look() {
    kinds.forEach((operation, state) -> {
      state.isPaused = Files.exists(spool.pauseFile(operation));
      Hanging hanging = starter.hanging(operation);
      if (hanging.calls() > state.hanging.calls()) {
        log.failure(HandlerThreads.hangingWarning(operation, hanging.calls()));
      }
      state.hanging = hanging;
    });
  }

  boolean isParked(EntryName name) {
    for (KindState each : kinds.values()) {
      if (each.parked.contains(name)) {
        return true;
      }
    }
    return false;
  }

  /** One that waited for the limit of its kind and may begin; of each kind in turn. */
  @Nullable EntryName pollParked() {
    List<KindState> all = List.copyOf(kinds.values());
    for (int i = 0; i < all.size(); i++) {
      turn = (turn + 1) % all.size();
      EntryName name = all.get(turn).pollParked();
      if (name != null) {
        return name;
      }
    }
    return null;
  }

  /** Whether more of some kind waits than was kept, and those are begun. */
  boolean needsScan() {
    boolean isNeeded = false;
    for (KindState each : kinds.values()) {
      isNeeded |= each.forgetLeftOut();
    }
    return isNeeded;
  }

  long parked() {
    long parked = 0;
    for (KindState each : kinds.values()) {
      parked += each.parked.size();
    }
    return parked;
  }

  /** Whether entries of some kind can't begin now, or not before others. */
  boolean hasSomeWait() {
    for (KindState each : kinds.values()) {
      if (!each.mayBeginBehindOthers()) {
        return true;
      }
    }
    return false;
  }

  /** Of what may begin at all: not of kinds that are paused, or whose calls hang. */
  boolean hasNothingParked() {
    return kinds.values().stream()
        .allMatch(each -> each.parked.isEmpty() || each.isPaused || each.isStuck());
  }

  /** Until a limit of rate allows the next; {@link KindState#NOT_BY_TIME} if none will. */
  long pauseMillis() {
    long pause = KindState.NOT_BY_TIME;
    for (KindState each : kinds.values()) {
      pause = Math.min(pause, each.pauseMillis());
    }
    return pause;
  }

  /** Until the first kind counts as stuck; {@link KindState#NOT_BY_TIME} if none will. */
  long stuckInMillis() {
    return kinds.values().stream()
        .mapToLong(KindState::stuckInMillis)
        .min()
        .orElse(KindState.NOT_BY_TIME);
  }

  // ---- what runs

  /** Whether no other one of that id is with a handler, of any worker: then it is taken. */
  boolean tryTakeId(String id) throws IOException {
    IdLocks locks = ids;
    if (locks == null) {
      locks = IdLocks.open(spool);
      ids = locks;
    }
    return locks.tryTake(id);
  }

  void freeId(String id) {
    if (ids != null) {
      ids.free(id);
    }
  }

  void start(Claim claim, Kind kind, int attempt) {
    state(kind).running++;
    running.put(claim.file(), claim);
    starter.start(claim, kind, attempt);
  }

  void add(List<Inbox.Finished> ended) {
    finished.addAll(ended);
  }

  Inbox.@Nullable Finished peekFinished() {
    return finished.peek();
  }

  /** The first that has ended is settled. */
  void removeFinished() {
    Inbox.Finished each = finished.remove();
    running.remove(each.claim().file());
    freeId(each.claim().entry().id());
    state(each.kind()).running--;
  }

  boolean isIdle() {
    return running.isEmpty();
  }

  Set<Path> files() {
    return running.keySet();
  }

  Collection<Claim> claims() {
    return running.values();
  }

  @Override
  public void close() {
    if (ids != null) {
      ids.close();
    }
  }
}

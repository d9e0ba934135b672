package gyre.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What happens to an entry's file when it was executed: to {@code completed/}, to {@code delayed/}
 * for another attempt, or to {@code failed/} with the reason beside it. By now the database has it
 * on the device; if the process ends in the middle of this, the file is replayed, and the ledger
 * knows it.
 */
final class Settler {
  /** A kill hits all that was taken, also what was not begun: so one proves nothing. */
  private static final int REPLAYS_LEAST = 3;

  private final Spool spool;
  private final Queue queue;
  private final Engine engine;
  private final Claims claims;
  private final WorkerStats stats;
  private final WorkerLog log;
  private final Probe probe;
  private final InstantSource clock;

  Settler(
      Queue queue,
      Engine engine,
      Claims claims,
      WorkerStats stats,
      WorkerLog log,
      Probe probe,
      InstantSource clock) {
    this.queue = queue;
    this.spool = queue.spool();
    this.engine = engine;
    this.claims = claims;
    this.stats = stats;
    this.log = log;
    this.probe = probe;
    this.clock = clock;
  }

  void settle(Claim claim, Outcome outcome, RetryPolicy retry) throws IOException {
    switch (outcome) {
      case Outcome.Done(Object result) -> {
        try {
          complete(claim, result, false);
        } finally { // it is done also where its file can't be moved yet
          stats.latency.ended(claim.name(), clock.instant());
          stats.processed.incrementAndGet(); // last: with it, all else of the entry is told
        }
      }
      case Outcome.Duplicate() -> {
        if (!claim.isReplay()) {
          stats.duplicates.incrementAndGet();
          log.failure("entry " + claim.entry().id() + " was done before, and is not done again");
          if (!claim.entry().batch().isEmpty()) {
            Batches.skip(spool, claim.entry().batch(), claim.name().text());
          }
        }
        complete(claim, null, true);
      }
      case Outcome.Failed failed -> failed(claim, failed, retry);
    }
  }

  private void complete(Claim claim, @Nullable Object result, boolean isDuplicate)
      throws IOException {
    Entry entry = claim.entry();
    if (entry.wantsResult() && result != null) {
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("id", entry.id());
      fields.put("result", result);
      spool.replace(
          spool.completed.resolve(claim.name().text() + Enqueued.RESULT_SUFFIX),
          Json.write(fields) + "\n");
    }
    freeKey(entry, claim.file());
    Path target = spool.completed.resolve(claim.name().text());
    if (isDuplicate && Spool.isSameFile(claim.file(), target)) {
      Files.delete(claim.file()); // two names of one file, which a rename would leave both
    } else {
      Spool.move(claim.file(), target);
    }
    claims.ended(claim.file());
    probe.at(Probe.Point.COMPLETED);
    batchMayBeDone(entry.batch());
  }

  /**
   * Before the file is moved: if the process ends in between, the entry is done, and its key free.
   * The key is a second name of the file that has it; a file that only names the key frees nothing.
   */
  private void freeKey(Entry entry, Path file) throws IOException {
    if (entry.uniqueKey().isEmpty()) {
      return;
    }
    Path key = UniqueKeys.path(spool, entry.uniqueKey());
    if (Files.exists(key) && Files.isSameFile(key, file)) {
      Files.deleteIfExists(key);
    }
  }

  private void failed(Claim claim, Outcome.Failed failed, RetryPolicy retry) throws IOException {
    Instant now = clock.instant();
    int attempts = engine.countAttempt(claim.entry().id(), failed.error(), now);
    if (failed.isFinal() || !retry.mayRetry(attempts)) {
      giveUp(claim, failed.error(), attempts);
      return;
    }
    long pauseMillis = retry.pauseMillis(attempts, ThreadLocalRandom.current());
    String name =
        EntryName.withPriority(
            claim.name().text(), Math.min(EntryName.LAST_PRIORITY, claim.name().priority() + 1));
    Spool.moveBeside(claim.file(), spool.delayed, Delayed.name(now.plusMillis(pauseMillis), name));
    claims.ended(claim.file());
    stats.retried.incrementAndGet();
    log.failure(
        "entry "
            + claim.entry().id()
            + " ("
            + claim.name().text()
            + ") failed, attempt "
            + attempts
            + ", again in "
            + pauseMillis
            + " ms: "
            + failed.error());
  }

  private void giveUp(Claim claim, String error, int attempts) throws IOException {
    Entry entry = claim.entry();
    if (!entry.batch().isEmpty()) {
      engine.recordGivenUp(entry.batch(), entry.id());
    }
    freeKey(entry, claim.file());
    fail(claim.file(), claim.name().text(), entry.id(), error, attempts);
    engine.forgetAttempts(entry.id()); // a person who wants it tried again begins anew
    batchMayBeDone(entry.batch());
  }

  /** One that nobody can execute. */
  void failUnhandled(Path file, EntryName name, Entry entry, String error) throws IOException {
    giveUp(new Claim(name, file, entry, false), error, 0);
  }

  /** A file that is no entry. */
  void failUnread(Path file, EntryName name, String error) throws IOException {
    fail(file, name.text(), name.stem(), error, 0);
  }

  private void fail(Path file, String name, String id, String error, int attempts)
      throws IOException {
    Path target = spool.fail(file, name, new Failure(id, error, attempts, clock.instant()));
    claims.ended(file);
    stats.failed.incrementAndGet();
    log.failure("entry " + id + " is in failed/" + target.getFileName() + ": " + error);
  }

  /** An attempt that may end the process is counted before it is made. */
  boolean mayReplay(Claim claim, RetryPolicy retry) throws IOException {
    if (engine.isDone(claim.entry().id())) {
      return true; // the ledger ends it, whatever was counted
    }
    String error = "the worker ended while it was executed";
    int attempts = engine.countAttempt(claim.entry().id(), error, clock.instant());
    if (attempts <= REPLAYS_LEAST || retry.mayRetry(attempts)) {
      return true;
    }
    giveUp(claim, error + ", " + attempts + " times", attempts);
    return false;
  }

  // ---- batches

  /** What is wrong with one batch is logged, and stops nothing else. */
  void batchMayBeDone(String batch) {
    if (batch.isEmpty()) {
      return;
    }
    try {
      endBatch(batch);
    } catch (EngineTroubleException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      log.failure("end batch " + batch + ": " + QueueException.reason(e));
    }
  }

  private void endBatch(String batch) throws IOException {
    Batches.Batch known = Batches.read(spool, batch).orElse(null);
    if (known != null
        && engine.finishedOfBatch(batch) + Batches.countSkipped(spool, batch) >= known.size()) {
      queue.enqueue(known.callback());
      engine.forgetBatch(batch);
      Batches.delete(spool, batch);
      log.info("batch " + batch + " is done");
    }
  }
}

package gyre.queue;

import java.util.ArrayList;
import java.util.List;

/** What became of a batch: told when it is committed, and not before. */
final class PgTally {
  int delayed;
  int putBack;
  final List<String> duplicates = new ArrayList<>();

  private final PgShared shared;
  private final List<String> lines = new ArrayList<>();
  private final List<String> batches = new ArrayList<>();
  private final List<PgEntry> done = new ArrayList<>();
  private int givenUp;
  private int retried;

  PgTally(PgShared shared) {
    this.shared = shared;
  }

  void done(PgEntry row) {
    done.add(row);
    ended(row);
  }

  void ended(PgEntry row) {
    if (!row.batchName().isEmpty()) {
      batches.add(row.batchName());
    }
  }

  void failed(PgEntry row, Outcome.Failed failed, boolean isGivenUp) {
    if (isGivenUp) {
      givenUp++;
      ended(row);
      lines.add("entry " + row.id() + " is given up: " + failed.error());
    } else {
      retried++;
      lines.add(
          "entry " + row.id() + " failed, attempt " + (row.attempts() + 1) + ": " + failed.error());
    }
  }

  void tell() {
    shared.stats.processed.addAndGet(done.size());
    done.forEach(each -> shared.stats.latency.record(each.age().toNanos()));
    shared.stats.failed.addAndGet(givenUp);
    shared.stats.retried.addAndGet(retried);
    shared.stats.duplicates.addAndGet(duplicates.size());
    lines.forEach(shared.log::failure);
    duplicates.forEach(
        each -> shared.log.failure("entry " + each + " was done before, and is not done again"));
    if (!batches.isEmpty()) {
      shared.batchesToLookAt.addAll(batches);
    }
    if (!batches.isEmpty() || retried > 0 || delayed > 0) {
      shared.keeping.wakeOne();
    }
    if (putBack > 0) {
      shared.work.wakeAll();
    }
  }
}

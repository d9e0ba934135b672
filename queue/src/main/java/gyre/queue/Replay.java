package gyre.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What is in {@code processing/} and belongs to no worker that lives: each is taken over, and ended
 * as the ledger says, or tried again. Used by the thread that executes.
 */
final class Replay {
  /** What the thread that executes does with them. */
  interface Executor {
    EntryReader reader();

    Optional<Kind> kind(Entry entry);

    /** Of SQL, alone. */
    void execute(Settler settling, Claim claim);

    /** By a handler; or it is done already, and that is settled. */
    void handle(Settler settling, Claim claim, Kind kind) throws IOException;
  }

  private final Spool spool;
  private final int slot;
  private final Claims claims;
  private final PendingIndex pending;
  private final WorkerLog log;
  private final Executor executor;

  Replay(
      Spool spool,
      int slot,
      Claims claims,
      PendingIndex pending,
      WorkerLog log,
      Executor executor) {
    this.spool = spool;
    this.slot = slot;
    this.claims = claims;
    this.pending = pending;
    this.log = log;
    this.executor = executor;
  }

  /** All of them. */
  void recover(Settler settling) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(spool.processing)) {
      for (Path file : files) {
        try {
          recover(settling, file);
        } catch (EngineTroubleException e) {
          throw e;
        } catch (IOException | RuntimeException e) {
          log.failure(QueueException.of("take over", file, e).getMessage() + "");
        }
      }
    } catch (NoSuchFileException e) {
      pending.remake();
    } catch (IOException | DirectoryIteratorException e) {
      log.failure(QueueException.of("look into", spool.processing, e).getMessage() + "");
    }
  }

  private void recover(Settler settling, Path file) throws IOException {
    String marked = String.valueOf(file.getFileName());
    if (claims.isHeld(file)) {
      return;
    }
    Path own = claims.own(marked);
    if (!own.equals(file) && !takeOver(file, own, Claims.slotOf(marked))) {
      return;
    }
    claims.holds(own);
    EntryName found = EntryName.of(own.resolveSibling(Claims.nameOf(marked)));
    EntryName name =
        new EntryName(
            spool.pending.resolve(found.text()), found.text(), found.priority(), found.sequence());
    try {
      replay(settling, own, name);
    } catch (IOException | RuntimeException e) {
      claims.ended(own); // the next look finds it
      throw e;
    }
  }

  /**
   * Gives it the name by which it is ours, under the lock of the worker that had it: so that one
   * neither lives nor starts meanwhile. False if there is nothing to replay now.
   */
  private boolean takeOver(Path file, Path own, int owner) throws IOException {
    if (owner < 0 || owner == slot) {
      return rename(file, own);
    }
    Optional<InstanceLock> lock = InstanceLock.tryTake(spool.lockFile(owner));
    if (lock.isEmpty()) {
      return false; // it lives
    }
    try (InstanceLock _ = lock.get()) {
      return rename(file, own);
    }
  }

  private boolean rename(Path file, Path own) throws IOException {
    try {
      if (claims.isHeld(own) || Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
        String name = Claims.nameOf(String.valueOf(file.getFileName()));
        pending.offer(EntryName.of(Spool.moveBeside(file, spool.pending, name)));
        return false; // another one of that name is ours: this one waits for its turn
      }
      Spool.move(file, own);
      return true;
    } catch (NoSuchFileException e) {
      return false; // another worker takes it over
    }
  }

  private void replay(Settler settling, Path file, EntryName name) throws IOException {
    Entry entry;
    try {
      entry = executor.reader().read(file);
    } catch (BadEntryException e) {
      settling.failUnread(file, name, String.valueOf(e.getMessage()));
      return;
    }
    Optional<Kind> kind = executor.kind(entry);
    if (kind.isEmpty()) {
      claims.putBack(file, name); // it is refused when it is taken again
      pending.offer(name);
      return;
    }
    Claim claim = new Claim(name, file, entry, true);
    if (!settling.mayReplay(claim, kind.get().retry())) {
      return;
    }
    if (kind.get().isSql()) {
      executor.execute(settling, claim);
    } else {
      executor.handle(settling, claim, kind.get());
    }
  }
}

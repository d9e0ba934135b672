package gyre.file;

import gyre.Cancellation;
import gyre.Fiber;
import gyre.Scope;
import gyre.engine.BlockPool;
import gyre.engine.CallFile;
import gyre.engine.CloseFile;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.FileOperation;
import gyre.engine.OpenFile;
import gyre.spi.Resource;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A handle that owns the descriptor of a file or directory. Nothing comes from a file by itself, so
 * one that is open is in the background: it holds up neither {@link gyre.Loop#run} nor a shutdown.
 *
 * <p>Whoever waits for an operation waits until it has ended, cancelled or not: what it was lent is
 * the kernel's until then. A cancelled operation that had been quicker counts as done, so that its
 * result is not lost; the next call that parks tells of the cancellation.
 */
abstract sealed class FileHandle extends Resource permits Directory, File {
  /** How often a path below a directory is tried again while others rename what is on it. */
  private static final int RACES_LIMIT = 1000;

  private final int descriptor;
  private final String path;
  private final ArrayList<FileOperation> active = new ArrayList<>(2);
  private final Closing closing = new Closing();
  private boolean isClosingSubmitted;

  /** How many use the descriptor in operations of other handles. */
  private int holds;

  /** What its parts had, and could not write any more. */
  private long lostBytes;

  FileHandle(Scope owner, int descriptor, String path) {
    super(owner);
    this.descriptor = descriptor;
    this.path = path;
    background(true);
  }

  /** The descriptor is gone whatever the result is; an error tells of writes that are lost. */
  private final class Closing extends CloseFile {
    @Override
    public void ended(int result) {
      if (result < 0) {
        released(FileException.of("close", path, result));
      } else if (lostBytes > 0) {
        released(FileSink.lost(path, lostBytes));
      } else {
        released();
      }
    }
  }

  final BlockPool pool() {
    return engine().pool();
  }

  final int descriptor() {
    return descriptor;
  }

  /** What it was opened by; it may have got another name since. */
  public final String path() {
    return path;
  }

  @Override
  protected final String addressText() {
    return path;
  }

  @Override
  public final int pendingOperations() {
    return active.size() + (closing.isIdle() ? 0 : 1);
  }

  @Override
  protected final void closing() {
    lostBytes += closeParts();
    for (FileOperation each : active) {
      engine().cancel(each);
    }
    closeWhenIdle();
  }

  @Override
  protected final void aborting() {
    closing();
  }

  /**
   * What uses this handle gives back its memory; again and again.
   *
   * @return how many bytes are lost by that
   */
  long closeParts() {
    return 0;
  }

  private void closeWhenIdle() {
    if (active.isEmpty() && holds == 0 && !isClosingSubmitted) {
      isClosingSubmitted = true;
      closing.descriptor = descriptor;
      engine().submit(closing);
    }
  }

  /** The descriptor is not closed before {@link #letGo}: another handle's operation uses it. */
  final void hold() {
    checkOnLoop();
    checkOpen();
    holds++;
  }

  final void letGo() {
    assert holds > 0 : "let go more often than held";
    holds--;
    if (!isOpen()) {
      closeWhenIdle();
    }
  }

  /** An operation of this handle is under way from now on; {@link #end} says until when. */
  final void begin(FileOperation operation) {
    assert operation.isIdle() : "begun twice";
    active.add(operation);
    engine().submit(operation);
  }

  final void end(FileOperation operation) {
    int index = active.lastIndexOf(operation);
    FileOperation last = active.removeLast();
    if (index < active.size()) {
      active.set(index, last);
    }
    if (!isOpen()) {
      closeWhenIdle();
    }
  }

  /**
   * Carries out an operation on this handle, and parks until it has ended.
   *
   * @param verb what it does, for failures: {@code write to}
   * @return its result
   * @throws FileException if that is an error
   */
  final int perform(FileOperation operation, Pending pending, String verb) {
    int result = attempt(operation, pending, verb);
    if (result < 0) {
      throw FileException.of(verb, path, result);
    }
    return result;
  }

  /** As {@link #perform}, but answers errors too. */
  final int attempt(FileOperation operation, Pending pending, String verb) {
    return attemptHere(operation, pending, verb + " " + path);
  }

  private int attemptHere(FileOperation operation, Pending pending, String doing) {
    Fiber<?> caller = caller();
    Cancellation.current().check();
    checkOpen();
    pending.begin(doing);
    begin(operation);
    try {
      awaitEnd(engine(), caller, operation, pending);
    } finally {
      end(operation);
    }
    int result = pending.result();
    if (result == Errno.ECANCELED.negated()) {
      checkStillOpen(caller, "busy with");
    }
    return result;
  }

  /** The same for any call that takes a helper thread. */
  final int attempt(String verb, CallFile.Call call) {
    Pending pending = new Pending();
    CallFile operation = Requests.call(pending);
    operation.call = call;
    return attempt(operation, pending, verb);
  }

  final int perform(String verb, CallFile.Call call) {
    int result = attempt(verb, call);
    if (result < 0) {
      throw FileException.of(verb, path, result);
    }
    return result;
  }

  /** As {@link #perform}, also in a fiber that is cancelled: for what gives something back. */
  final void performUncancelled(String verb, CallFile.Call call) {
    Fiber<?> caller = caller();
    checkOpen();
    Pending pending = new Pending();
    CallFile operation = Requests.call(pending);
    operation.call = call;
    pending.begin(verb + " " + path);
    begin(operation);
    try {
      awaitUncancelled(caller, pending);
    } finally {
      end(operation);
    }
    int result = pending.result();
    if (result == Errno.ECANCELED.negated()) {
      checkStillOpen(caller, "busy with");
    }
    if (result < 0) {
      throw FileException.of(verb, path, result);
    }
  }

  /** Parks until an operation that was submitted has ended, and throws if it was cancelled. */
  private static void awaitEnd(
      Engine engine, Fiber<?> caller, FileOperation operation, Pending pending) {
    try {
      await(caller, pending);
    } catch (Throwable cancelled) {
      engine.cancel(operation);
      awaitUncancelled(caller, pending);
      if (pending.result() == Errno.ECANCELED.negated()
          || pending.result() == Errno.EINTR.negated()) {
        throw cancelled;
      }
    }
  }

  /**
   * Carries out an operation on a name, and parks until it has ended.
   *
   * @param start the handle whose descriptor it uses, which is not closed meanwhile; null where
   *     there is none
   */
  static int attemptFrom(
      @Nullable FileHandle start, FileOperation operation, Pending pending, String doing) {
    if (start != null) {
      return start.attemptHere(operation, pending, doing);
    }
    Fiber<?> caller = Fiber.current();
    Cancellation.current().check();
    Engine engine = engineOf(Scope.current());
    pending.begin(doing);
    engine.submit(operation);
    awaitEnd(engine, caller, operation, pending);
    return pending.result();
  }

  /** Opens a file: the number of its descriptor, which is the caller's. */
  static int openDescriptor(Names.Place place, boolean isBelow, OpenOptions options) {
    checkCanOpen(Scope.current());
    for (int tries = RACES_LIMIT; ; tries--) {
      int result = attemptOpen(place, isBelow, options);
      if (isBelow && result == Errno.EAGAIN.negated() && tries > 1) {
        continue; // something was renamed while the kernel went up by ".."
      }
      if (result < 0) {
        throw FileException.of("open", place.subject(), result);
      }
      return result;
    }
  }

  private static int attemptOpen(Names.Place place, boolean isBelow, OpenOptions options) {
    Pending pending = new Pending();
    OpenFile operation = Requests.open(pending);
    operation.directory = place.directory();
    operation.isBelow = isBelow;
    operation.path = place.path();
    operation.flags = options.flags();
    operation.mode = options.permissions();
    return attemptFrom(place.start(), operation, pending, "open " + place.subject());
  }

  /** Who the handle of a new descriptor belongs to; closes that if there can be no handle. */
  static Scope ownerOf(int descriptor) {
    Scope owner = Scope.current();
    try {
      checkCanOpen(owner);
    } catch (RuntimeException e) {
      closeUnowned(owner, descriptor);
      throw e;
    }
    return owner;
  }

  private static void closeUnowned(Scope owner, int descriptor) {
    Pending pending = new Pending();
    CloseFile operation = Requests.close(pending);
    operation.descriptor = descriptor;
    pending.begin("close");
    engineOf(owner).submit(operation);
    awaitUncancelled(Fiber.current(), pending);
  }
}

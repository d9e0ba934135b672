package gyre.file;

import gyre.Cancellation;
import gyre.engine.CallFile;
import gyre.engine.ChangeName;
import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.StatFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What is done with names, wherever the paths start. Each parks until it is done. */
final class Names {
  private static final Duration CLEANING_LIMIT = Duration.ofSeconds(10);
  private static final int LONGEST_LINK_BYTES = 4096;

  // What is tried, for failures.
  static final String PERMISSIONS = "change the permissions of";
  static final String OWNER = "change the owner of";
  static final String TIMES = "change the times of";

  private Names() {}

  /** Any call that takes a helper thread. */
  static void call(String verb, Place name, CallFile.Call call) {
    Pending pending = new Pending();
    CallFile operation = Requests.call(pending);
    operation.call = call;
    check(
        verb,
        name.subject,
        FileHandle.attemptFrom(name.start, operation, pending, verb + " " + name.subject));
  }

  /**
   * A name.
   *
   * @param start the directory that its path starts at, or null for where this program is
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Place(@Nullable Directory start, byte[] path, String subject) {
    static Place of(Path path) {
      return new Place(null, Paths.bytes(path), path.toString());
    }

    int directory() {
      return start == null ? FileCalls.WORKING_DIRECTORY : start.descriptor();
    }
  }

  /**
   * @param from where the operation starts: both places are in one directory, or in none
   */
  private static void perform(
      Place from, ChangeName operation, Pending pending, String verb, String subject) {
    check(
        verb,
        subject,
        FileHandle.attemptFrom(from.start, operation, pending, verb + " " + subject));
  }

  private static void check(String verb, String subject, int result) {
    if (result < 0) {
      throw FileException.of(verb, subject, result);
    }
  }

  static void rename(Place from, Place to, int flags) {
    Pending pending = new Pending();
    ChangeName operation = Requests.changeName(pending);
    operation.action = ChangeName.Action.RENAME;
    operation.flags = flags;
    operation.directory = from.directory();
    operation.path = from.path;
    operation.toDirectory = to.directory();
    operation.to = to.path;
    String verb = flags == FileCalls.EXCHANGE ? "exchange" : "rename";
    assert from.start == to.start : "only one of the directories would stay open";
    perform(from, operation, pending, verb, from.subject + " to " + to.subject);
  }

  static void link(Place existing, Place name) {
    Pending pending = new Pending();
    ChangeName operation = Requests.changeName(pending);
    operation.action = ChangeName.Action.LINK;
    operation.directory = existing.directory();
    operation.path = existing.path;
    operation.toDirectory = name.directory();
    operation.to = name.path;
    assert existing.start == name.start : "only one of the directories would stay open";
    perform(name, operation, pending, "link", name.subject + " to " + existing.subject);
  }

  static void symlink(String target, Place name) {
    Pending pending = new Pending();
    ChangeName operation = Requests.changeName(pending);
    operation.action = ChangeName.Action.SYMLINK;
    operation.path = Paths.bytes(target);
    operation.toDirectory = name.directory();
    operation.to = name.path;
    perform(name, operation, pending, "link", name.subject + " to " + target);
  }

  static void unlink(Place name, int flags) {
    int result = tryUnlink(name, flags);
    check("delete", name.subject, result);
  }

  /** Answers errors too. */
  static int tryUnlink(Place name, int flags) {
    Pending pending = new Pending();
    ChangeName operation = Requests.changeName(pending);
    operation.action = ChangeName.Action.UNLINK;
    operation.directory = name.directory();
    operation.path = name.path;
    operation.flags = flags;
    return FileHandle.attemptFrom(name.start, operation, pending, "delete " + name.subject);
  }

  /** Cleans up after a failure, which is told if that fails too. */
  static void unlinkUncancelled(Place name, Throwable failed) {
    try {
      Cancellation.shield(
          CLEANING_LIMIT,
          () -> {
            int result = tryUnlink(name, 0);
            if (result != Errno.ENOENT.negated()) {
              check("delete", name.subject, result);
            }
          });
    } catch (Exception alsoFailed) {
      failed.addSuppressed(alsoFailed);
    }
  }

  /** Answers errors too. */
  static int tryMakeDirectory(Place name, int permissions) {
    Pending pending = new Pending();
    ChangeName operation = Requests.changeName(pending);
    operation.action = ChangeName.Action.MAKE_DIRECTORY;
    operation.directory = name.directory();
    operation.path = name.path;
    operation.mode = permissions;
    return FileHandle.attemptFrom(
        name.start, operation, pending, "create directory " + name.subject);
  }

  static void makeDirectory(Place name, int permissions) {
    check("create directory", name.subject, tryMakeDirectory(name, permissions));
  }

  static String readLink(Place name) {
    byte[] target = new byte[LONGEST_LINK_BYTES];
    Pending pending = new Pending();
    CallFile operation = Requests.call(pending);
    operation.call = calls -> calls.readLink(name.directory(), name.path, target);
    int length =
        FileHandle.attemptFrom(name.start, operation, pending, "read link " + name.subject);
    check("read link", name.subject, length);
    return Paths.text(Arrays.copyOf(target, length));
  }

  static FileInfo info(Place name, boolean isLinkItself) {
    Pending pending = new Pending();
    StatFile operation = stat(name, isLinkItself, pending);
    String verb = "ask about";
    check(
        verb,
        name.subject,
        FileHandle.attemptFrom(name.start, operation, pending, verb + " " + name.subject));
    return FileInfo.of(operation.status);
  }

  /** Answers errors too. */
  static int tryStat(Place name, boolean isLinkItself) {
    Pending pending = new Pending();
    return FileHandle.attemptFrom(
        name.start, stat(name, isLinkItself, pending), pending, "ask about " + name.subject);
  }

  private static StatFile stat(Place name, boolean isLinkItself, Pending pending) {
    StatFile operation = Requests.stat(pending);
    operation.directory = name.directory();
    operation.path = name.path;
    operation.isLinkItself = isLinkItself;
    return operation;
  }
}

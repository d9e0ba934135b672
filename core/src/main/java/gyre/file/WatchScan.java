package gyre.file;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileOperation;
import gyre.engine.OperationKind;
import gyre.engine.WatchCalls;
import gyre.engine.WatchMask;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a helper thread does for watchers: it has directories watched, and looks only then what is
 * in them, so that nothing can happen in between that nobody notices.
 */
abstract class WatchScan extends FileOperation {
  private static final OperationKind KIND = OperationKind.named("watch");

  private static final int MASK =
      WatchMask.MODIFY
          | WatchMask.CLOSE_WRITE
          | WatchMask.MOVED_FROM
          | WatchMask.MOVED_TO
          | WatchMask.CREATE
          | WatchMask.DELETE
          | WatchMask.DELETE_SELF
          | WatchMask.MOVE_SELF
          | WatchMask.ONLY_DIRECTORY;

  /** Of a directory that comes and goes while somebody looks. */
  private static final int TRIES = 100;

  /** What the names of files are encoded in. */
  static final Charset CHARSET = charset();

  /** Something in a directory. */
  record Found(String name, boolean isDirectory, long stamp) {}

  /** A directory to look at, and what was found. */
  static final class Target {
    final WatchNode node;
    final Path path;

    /** It is gone: if it is not back, whatever is above it is watched. */
    final boolean isAwaited;

    /** Without the kernel's help. */
    final boolean isPolled;

    /** Nobody has asked to look at intervals only. */
    final boolean takesHints;

    /** 0 or a negative errno. */
    int result;

    /** Of the directory; -1 where the kernel does not tell of it. */
    int watch = -1;

    final List<Found> found = new ArrayList<>(0);

    /** All watches that were made for this, among them those of directories that went meanwhile. */
    final List<Integer> made = new ArrayList<>(1);

    /** Of one that is not back: the watch of the one above, and what to wait for in that. */
    int ancestorWatch = -1;

    String awaitedName = "";

    Target(WatchNode node, boolean isAwaited) {
      this.node = node;
      this.path = node.path();
      this.isPolled = node.tree.isPolled();
      this.isAwaited = isAwaited;
      this.takesHints = node.tree.takesHints();
    }

    boolean isAtLimit() {
      return isLimit(result) || isLimit(ancestorWatch);
    }
  }

  // Set before submit.

  /** Opens the descriptor first. */
  boolean opens;

  /** Without the kernel's help. */
  boolean isPolling;

  /** What tells where to look, where the kernel does not; set also by the scan that opens. */
  WatchCalls.@Nullable Hints hints;

  /** Is given the directories of hints. */
  Consumer<Path> hinted = _ -> {};

  final List<Target> targets = new ArrayList<>();
  final List<Integer> removals = new ArrayList<>();
  final List<Path> unhinted = new ArrayList<>();

  /** What an operator has to know about limits, if one was met. */
  String limits = "";

  static boolean isLimit(int result) {
    return result == Errno.ENOSPC.negated() || result == Errno.EMFILE.negated();
  }

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    WatchCalls watches = calls.watches();
    if (opens) {
      descriptor = watches.open();
      isPolling = descriptor == Errno.EOPNOTSUPP.negated() || descriptor == Errno.ENOSYS.negated();
      if (descriptor < 0 && !isPolling) {
        limits = watches.limits();
        return descriptor;
      }
    }
    if (opens && isPolling) {
      hints = watches.hints(hinted);
    }
    WatchCalls.Hints present = hints;
    if (present != null) {
      unhinted.forEach(present::remove);
    }
    for (int watch : removals) {
      int ignored = watches.remove(descriptor, watch); // it may be gone already
    }
    for (Target target : targets) {
      if (target.isAwaited) {
        await(watches, target);
      } else {
        look(watches, target);
      }
      boolean isLimit =
          target.result == Errno.ENOSPC.negated() || target.ancestorWatch == Errno.ENOSPC.negated();
      if (isLimit && limits.isEmpty()) {
        limits = watches.limits();
      }
    }
    return 0;
  }

  @Override
  public final void dropped(int result, FileCalls calls) {
    if (opens && descriptor >= 0) {
      int ignored = calls.close(descriptor);
    }
    WatchCalls.Hints opened = hints;
    if (opens && opened != null) {
      opened.close();
    }
  }

  private void look(WatchCalls watches, Target target) {
    if (!isPolling && !target.isPolled) {
      boolean isLinkFollowed = target.node.parent == null;
      int mask = isLinkFollowed ? MASK : MASK | WatchMask.NO_FOLLOW;
      target.watch = add(watches, target, target.path, mask);
      if (target.watch < 0) {
        target.result = target.watch;
        return;
      }
    }
    WatchCalls.Hints present = hints;
    if (present != null && target.takesHints) {
      present.add(target.path); // before one looks, so that nothing happens in between
    }
    target.found.clear();
    target.result =
        watches.list(
            target.path,
            (name, isDirectory, stamp) -> target.found.add(new Found(name, isDirectory, stamp)));
  }

  private int add(WatchCalls watches, Target target, Path path, int mask) {
    int watch = watches.add(descriptor, bytes(path), mask);
    if (watch >= 0) {
      target.made.add(watch);
    }
    return watch;
  }

  private void await(WatchCalls watches, Target target) {
    for (int left = TRIES; left > 0; left--) {
      look(watches, target);
      boolean isMissing =
          target.result == Errno.ENOENT.negated() || target.result == Errno.ENOTDIR.negated();
      if (isPolling || target.isPolled || !isMissing || watchAbove(watches, target)) {
        return;
      }
    }
  }

  /** False if what was waited for has come before it was watched for. */
  private boolean watchAbove(WatchCalls watches, Target target) {
    Path below = target.path;
    Path above = parent(below);
    while (above != null && !Files.isDirectory(above)) {
      below = above;
      above = parent(below);
    }
    if (above == null) {
      return true;
    }
    target.awaitedName = String.valueOf(below.getFileName());
    target.ancestorWatch = add(watches, target, above, MASK);
    return target.ancestorWatch < 0 || !Files.isDirectory(below, LinkOption.NOFOLLOW_LINKS);
  }

  private static @Nullable Path parent(Path path) {
    return path.toAbsolutePath().getParent();
  }

  private static byte[] bytes(Path path) {
    return path.toString().getBytes(CHARSET);
  }

  private static Charset charset() {
    String name = System.getProperty("sun.jnu.encoding");
    return name != null && Charset.isSupported(name)
        ? Charset.forName(name)
        : StandardCharsets.UTF_8;
  }
}

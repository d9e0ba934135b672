package gyre.file;

import gyre.Loop;
import gyre.engine.CloseFile;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.ReadFile;
import gyre.engine.WatchCalls;
import gyre.engine.WatchMask;
import gyre.spi.Internals;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The one inotify instance of a loop, for all of its watchers; a user may have few of them. It is
 * opened for the first watcher, and goes with the last one.
 *
 * <p>The kernel knows a directory by the number of its watch, which is the same for all watchers
 * and paths that lead to it. Helper threads have directories watched, one batch at a time. What the
 * kernel tells meanwhile waits until the numbers of that batch are known, or nobody would know what
 * it is about.
 */
final class WatchHub {
  /** How many directories a helper thread looks at before events are looked at again. */
  private static final int BATCH = 128;

  private static final int BUFFER_BYTES = 16 * 1024;
  private static final int HEADER_BYTES = 16;

  /** What most names fit into: NAME_MAX, a zero, and what pads it. Some file systems allow more. */
  private static final int NAME_BYTES = 256 + HEADER_BYTES;

  private enum State {
    OPEN,
    CLOSING,
    CLOSED
  }

  /** What each loop has of it. */
  static final class Place {
    private final Loop loop;
    private @Nullable WatchHub current;

    Place(Loop loop) {
      this.loop = loop;
    }

    WatchHub hub(Engine engine) {
      WatchHub known = current;
      if (known == null) {
        known = new WatchHub(engine, this);
        current = known;
      }
      return known;
    }

    /** Who comes from now on gets another one. */
    void drop(WatchHub hub) {
      if (current == hub) {
        current = null;
      }
    }
  }

  private final Engine engine;
  private final Place place;
  private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES, 8);
  private final byte[] nameBytes = new byte[NAME_BYTES];
  private final List<WatchTree> trees = new ArrayList<>();
  private final Map<Integer, List<WatchNode>> nodes = new HashMap<>();

  /** Watches that nobody needs any more. */
  private final TreeSet<Integer> removals = new TreeSet<>();

  /** Directories in which something may have happened, and nobody has looked. From any thread. */
  private final Set<Path> hinted = ConcurrentHashMap.newKeySet();

  /** Directories that nobody looks at any more. */
  private final List<Path> unhinted = new ArrayList<>();

  private WatchCalls.@Nullable Hints hints;
  private final Reading reading = new Reading();
  private final Closing closing = new Closing();
  private @Nullable Scan scan;
  private State state = State.OPEN;
  private int descriptor = -1;
  private boolean isPolling;

  /** Bytes that were read while a batch was under way, or 0. */
  private int unread;

  /** The tree that is asked first for the next batch. */
  private int firstTree;

  /** Who waits for the end of all this. */
  private Runnable whenClosed = () -> {};

  private WatchHub(Engine engine, Place place) {
    this.engine = engine;
    this.place = place;
  }

  /** The kernel tells of nothing: one has to look. */
  boolean isPolling() {
    return isPolling;
  }

  /** Whether the kernel may have told of something that nobody has looked at. */
  boolean isBehind() {
    return scan != null || unread > 0;
  }

  void join(WatchTree tree) {
    assert state == State.OPEN;
    trees.add(tree);
    requestWork();
  }

  /**
   * @param whenLeft run when nothing of the tree is with the kernel any more, maybe at once
   */
  void leave(WatchTree tree, Runnable whenLeft) {
    trees.remove(tree);
    tree.close();
    if (!trees.isEmpty()) {
      requestWork();
      whenLeft.run();
      return;
    }
    state = State.CLOSING;
    place.drop(this);
    whenClosed = whenLeft;
    engine.cancel(reading);
    closeIfIdle();
  }

  int pendingOperations() {
    return (scan == null ? 0 : 1) + (reading.isIdle() ? 0 : 1) + (closing.isIdle() ? 0 : 1);
  }

  private void closeIfIdle() {
    if (state != State.CLOSING || pendingOperations() > 0) {
      return;
    }
    if (descriptor >= 0) {
      closing.descriptor = descriptor;
      descriptor = -1;
      engine.submit(closing);
    } else {
      state = State.CLOSED;
      if (hints != null) {
        hints.close();
      }
      whenClosed.run();
    }
  }

  // ---- which directory has which number

  void bind(WatchNode node, int watch) {
    if (watch < 0 || node.watch == watch) {
      return;
    }
    unbind(node);
    node.watch = watch;
    removals.remove(watch);
    nodes.computeIfAbsent(watch, _ -> new ArrayList<>(1)).add(node);
  }

  void unbind(WatchNode node) {
    int watch = node.watch;
    if (watch >= 0) {
      loosen(node);
      discard(watch);
    }
  }

  /** Takes the number away from a directory; the kernel goes on to watch. */
  void loosen(WatchNode node) {
    List<WatchNode> all = nodes.get(node.watch);
    if (all != null) {
      all.remove(node);
      if (all.isEmpty()) {
        nodes.remove(node.watch);
      }
    }
    node.watch = -1;
  }

  /** As {@link #loosen(WatchNode)}, with all that is below; the numbers go into a set. */
  void loosen(WatchNode node, Set<Integer> loose) {
    if (node.watch >= 0) {
      loose.add(node.watch);
      loosen(node);
    }
    for (WatchChild child : node.children.values()) {
      if (child instanceof WatchNode directory) {
        loosen(directory, loose);
      }
    }
  }

  /** Nobody wants to know any more of this and of what is below. */
  void unwatch(WatchChild child) {
    if (child instanceof WatchNode node) {
      unbind(node);
      if (hints != null) {
        unhinted.add(node.path());
      }
      node.children.values().forEach(this::unwatch);
    }
  }

  /** The number may be nobody's by now. */
  void discard(int watch) {
    if (watch >= 0 && !nodes.containsKey(watch)) {
      removals.add(watch);
    }
  }

  // ---- batches

  /** Somebody has something for a helper thread to do. */
  void requestWork() {
    if (scan != null || state != State.OPEN) {
      return;
    }
    Scan next = new Scan();
    takeTargets(next.targets);
    if (next.targets.isEmpty() && removals.isEmpty() && unhinted.isEmpty()) {
      return;
    }
    next.removals.addAll(removals);
    removals.clear();
    next.unhinted.addAll(unhinted);
    unhinted.clear();
    next.hints = hints;
    next.hinted = this::hinted;
    next.isPolling = isPolling;
    next.descriptor = descriptor;
    next.opens = descriptor < 0 && !isPolling && next.targets.stream().anyMatch(t -> !t.isPolled);
    scan = next;
    engine.submit(next);
  }

  /**
   * A batch has something of every tree that wants something, as long as there is room: so a small
   * tree does not wait for the end of a large one. Who found no room is first in the next one.
   */
  private void takeTargets(List<WatchScan.Target> into) {
    int size = trees.size();
    int share = Math.max(1, BATCH / Math.max(1, size));
    int first = firstTree;
    int asked = 0;
    while (asked < size && into.size() < BATCH) {
      WatchTree tree = trees.get((first + asked++) % size);
      tree.takeTargets(into, Math.min(BATCH, into.size() + share));
    }
    firstTree = size == 0 ? 0 : (first + asked) % size;
    for (int i = 0; i < size && into.size() < BATCH; i++) {
      trees.get((first + i) % size).takeTargets(into, BATCH);
    }
  }

  private void scanned(Scan ended, int result) {
    if (ended.opens) {
      descriptor = Math.max(-1, ended.descriptor);
      isPolling = ended.isPolling;
      hints = ended.hints;
      startReading();
    }
    for (WatchScan.Target target : ended.targets) {
      if (result < 0) {
        target.result = result;
      }
      target.node.tree.scanned(target, ended.limits);
    }
    scan = null; // no sooner: a watch that one of them does not need may be that of the next
    if (unread > 0) {
      tell(unread);
      unread = 0;
      startReading();
    }
    requestWork();
    closeIfIdle();
  }

  /** On the thread that hints come on. */
  private void hinted(Path directory) {
    if (hinted.add(directory)) {
      Internals.handToLoop(
          place.loop,
          () -> {
            boolean ignored = hinted.remove(directory);
            trees.forEach(tree -> tree.hinted(directory));
          });
    }
  }

  private final class Scan extends WatchScan {
    @Override
    public void ended(int result) {
      scanned(this, result);
    }
  }

  // ---- events

  private void startReading() {
    if (state == State.OPEN && descriptor >= 0) {
      reading.descriptor = descriptor;
      reading.address = buffer.address();
      reading.length = BUFFER_BYTES;
      engine.submit(reading);
    }
  }

  private final class Reading extends ReadFile {
    @Override
    public void ended(int result) {
      read(result);
    }
  }

  private void read(int result) {
    if (state != State.OPEN) {
      closeIfIdle();
    } else if (result > 0 && scan != null) {
      unread = result;
    } else if (result > 0 || result == Errno.EINTR.negated() || result == Errno.EAGAIN.negated()) {
      tell(result);
      startReading();
      requestWork();
    } else {
      place.drop(this); // nobody else would be told of anything
      WatchException failure = WatchException.of(trees.getFirst().root(), result, "");
      List.copyOf(trees).forEach(tree -> tree.broken(failure));
    }
  }

  private void tell(int bytes) {
    int at = 0;
    while (at < bytes && state == State.OPEN) {
      int watch = buffer.get(ValueLayout.JAVA_INT, at);
      int mask = buffer.get(ValueLayout.JAVA_INT, at + 4L);
      int cookie = buffer.get(ValueLayout.JAVA_INT, at + 8L);
      int length = buffer.get(ValueLayout.JAVA_INT, at + 12L);
      String name = name(at + HEADER_BYTES, length);
      at += HEADER_BYTES + length;
      tell(watch, mask, cookie, name);
    }
  }

  private void tell(int watch, int mask, int cookie, String name) {
    if ((mask & WatchMask.OVERFLOW) != 0) {
      trees.forEach(tree -> tree.overflowed(WatchEvent.Queue.KERNEL));
      return;
    }
    if ((mask & WatchMask.IGNORED) != 0) {
      removals.remove(watch); // the kernel has done it
    }
    List<WatchNode> told = nodes.get(watch);
    if (told == null) {
      return;
    }
    if (told.size() == 1) { // nearly always
      tell(told.getFirst(), mask, cookie, name);
      return;
    }
    for (WatchNode node : List.copyOf(told)) {
      tell(node, mask, cookie, name);
    }
  }

  private void tell(WatchNode node, int mask, int cookie, String name) {
    if ((mask & WatchMask.IGNORED) != 0) {
      loosen(node);
      node.tree.watchGone(node);
    } else {
      node.tree.event(node, mask, cookie, name);
    }
  }

  /** Padded with zeros. */
  private String name(long at, int length) {
    byte[] bytes = length <= NAME_BYTES ? nameBytes : new byte[length];
    MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, at, bytes, 0, length);
    int end = 0;
    while (end < length && bytes[end] != 0) {
      end++;
    }
    return end == 0 ? "" : new String(bytes, 0, end, WatchScan.CHARSET);
  }

  private final class Closing extends CloseFile {
    @Override
    public void ended(int result) {
      closeIfIdle();
    }
  }
}

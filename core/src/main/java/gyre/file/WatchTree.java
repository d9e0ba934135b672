package gyre.file;

import gyre.engine.Errno;
import gyre.engine.WatchMask;
import gyre.file.WatchChild.Entry;
import gyre.file.WatchEvent.Created;
import gyre.file.WatchEvent.Degraded;
import gyre.file.WatchEvent.Deleted;
import gyre.file.WatchEvent.Lost;
import gyre.file.WatchEvent.Moved;
import gyre.file.WatchEvent.Overflowed;
import gyre.file.WatchEvent.Reason;
import gyre.file.WatchEvent.Rescanned;
import gyre.file.WatchEvent.Returned;
import gyre.file.WatchEvent.Written;
import gyre.file.WatchMove.Arrival;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one tree, to which events and comparisons are applied in turn.
/**
 * What a watcher has been told of a directory, and how it is told the rest: from events of the
 * kernel, and from comparisons with what is there.
 *
 * <pre>
 *   OPENING --all is watched--&gt; CURRENT --a queue was full--&gt; OVERFLOWED --that was told--&gt; RESCANNING
 *                               ^  |  ^                                                       |
 *           the directory is back  |  '----------------------all is told----------------------'
 *                               |  v
 *                               GONE
 * </pre>
 *
 * <p>Only what was told is entered. So what does not fit into the queue is found again later, and
 * events of the kernel that a comparison was quicker than change nothing.
 *
 * <p>It is long since events and comparisons enter the same tree, and each has to know what the
 * other has told.
 */
final class WatchTree {
  private enum Sync {
    OPENING,
    CURRENT,
    OVERFLOWED,
    RESCANNING,
    GONE
  }

  private final Watcher watcher;
  private final WatchHub hub;
  private final Path root;
  private final WatchOptions options;
  private final WatchComparison comparison;
  private final ArrayDeque<WatchNode> toScan = new ArrayDeque<>();

  /** Watches of before a comparison that were not found again. */
  private final Set<Integer> loose = new HashSet<>();

  /** To be looked at soon. */
  private final Set<WatchNode> hinted = new LinkedHashSet<>();

  private WatchNode rootNode = newRoot();
  private @Nullable WatchNode ancestor;
  private @Nullable WatchMove move;
  private Sync sync = Sync.OPENING;
  private boolean awaiting;
  private boolean closed;

  /** The kernel had no more watches: this looks from time to time from then on. */
  private boolean isDegraded;

  /** What was told of last: files are often told of twice in a row, as new and as written. */
  private @Nullable Path lastPath;

  private @Nullable WatchNode lastNode;
  private String lastName = "";

  /** How many directories are being looked at. */
  private int scanning;

  WatchTree(Watcher watcher, WatchHub hub, Path root, WatchOptions options) {
    this.watcher = watcher;
    this.hub = hub;
    this.root = root;
    this.options = options;
    this.comparison = new WatchComparison(this, options);
    toScan.add(rootNode);
  }

  private WatchNode newRoot() {
    return new WatchNode(this, null, "", false);
  }

  Path root() {
    return root;
  }

  boolean isRoot(WatchNode node) {
    return node == rootNode;
  }

  /** Whether the kernel tells of nothing here. */
  boolean isPolled() {
    return options.isPolling() || hub.isPolling() || isDegraded;
  }

  /** Nobody has asked to look at intervals only, and this is not too large to be watched. */
  boolean takesHints() {
    return !options.isPolling() && !isDegraded;
  }

  void close() {
    closed = true;
    scanNothing();
    forgetLast();
    move = null;
    hub.unwatch(rootNode);
    leaveAncestor();
    loose.forEach(hub::discard);
    loose.clear();
  }

  /** The kernel tells of nothing any more. */
  void broken(WatchException why) {
    watcher.broken(why);
  }

  // ---- what is told

  private Path path(WatchNode node, String name) {
    Path known = lastPath;
    if (known == null || lastNode != node || !lastName.equals(name)) {
      known = node.path().resolve(name);
      lastPath = known;
      lastNode = node;
      lastName = name;
    }
    return known;
  }

  private void forgetLast() {
    lastPath = null;
    lastNode = null;
  }

  boolean tell(WatchEvent event) {
    if (watcher.offer(event)) {
      return true;
    }
    overflowed(WatchEvent.Queue.WATCHER);
    return false;
  }

  /** A queue was full: nothing is entered any more until the user has been told. */
  void overflowed(WatchEvent.Queue where) {
    if (sync == Sync.GONE && where == WatchEvent.Queue.KERNEL) {
      awaitReturn();
      return;
    }
    if (sync == Sync.OVERFLOWED) {
      return;
    }
    WatchMove pending = move;
    if (pending != null) {
      move = null;
      pending.node().children.put(pending.name(), pending.child());
    }
    boolean isOpening = sync == Sync.OPENING;
    sync = Sync.OVERFLOWED;
    awaiting = false;
    scanNothing();
    watcher.tellAlways(new Overflowed(root, where));
    if (isOpening) {
      watcher.opened(null);
    }
  }

  /** The user has been told of the overflow. */
  void rescan() {
    assert sync == Sync.OVERFLOWED : sync;
    sync = Sync.RESCANNING;
    hub.loosen(rootNode, loose);
    leaveAncestor();
    rootNode.isShallow = false;
    scan(rootNode);
  }

  // ---- from the kernel

  void event(WatchNode node, int mask, int cookie, String name) {
    if (node.isAncestor) {
      ancestorChanged(node, mask, name);
      return;
    }
    if (sync == Sync.OVERFLOWED || sync == Sync.GONE || !node.isAttached()) {
      return; // a comparison finds it
    }
    if (name.isEmpty()) {
      selfChanged(node, mask);
      return;
    }
    boolean isDirectory = (mask & WatchMask.IS_DIRECTORY) != 0;
    if (options.isExcluding() && options.excludes(path(node, name))) {
      return;
    }
    WatchMove pending = move;
    if (pending != null && pending.node() == node && pending.name().equals(name)) {
      settleMove(); // its name is taken by something else already
    }
    if ((mask & WatchMask.NAMES) == 0) {
      written(node, name);
      return;
    }
    Arrival arrival = node.arrival;
    node.arrival = null;
    if ((mask & WatchMask.CREATE) != 0) {
      created(node, name, isDirectory);
    } else if ((mask & WatchMask.DELETE) != 0) {
      deleted(node, name);
    } else if ((mask & WatchMask.MOVED_FROM) != 0) {
      movedFrom(node, name, cookie, arrival);
    } else {
      movedTo(node, name, cookie, isDirectory);
    }
  }

  private void selfChanged(WatchNode node, int mask) {
    boolean isUnmounted = (mask & WatchMask.UNMOUNT) != 0;
    boolean isMoved = (mask & WatchMask.MOVE_SELF) != 0;
    if (node == rootNode) {
      lost(isUnmounted ? Reason.UNMOUNTED : isMoved ? Reason.MOVED : Reason.DELETED, "");
    } else if (isUnmounted && node.parent != null && node.isAttached()) {
      // What is below the mount point comes to light, as another directory of the same name.
      if (tell(new Lost(node.path(), Reason.UNMOUNTED, ""))) {
        node.parent.children.remove(node.name);
        hub.unwatch(node);
        scan(node.parent);
      }
    }
  }

  /** Of a directory below, its parent tells. */
  void watchGone(WatchNode node) {
    if (node.isAncestor) {
      ancestorChanged(node, WatchMask.DELETE_SELF, "");
    } else if (node == rootNode && sync != Sync.OVERFLOWED && sync != Sync.GONE) {
      lost(Reason.DELETED, "");
    }
  }

  boolean created(WatchNode node, String name, boolean isDirectory) {
    WatchChild known = node.children.get(name);
    if (known != null && known.isDirectory() == isDirectory) {
      return true; // a comparison was quicker
    }
    if (known != null && !deleted(node, name)) {
      return false;
    }
    if (!isTold() || tell(new Created(path(node, name), isDirectory))) {
      enter(node, name, isDirectory, Entry.UNKNOWN);
      return true;
    }
    return false;
  }

  /** Of what is there at the beginning only those are told who want to know. */
  private boolean isTold() {
    return sync != Sync.OPENING || options.tellsExisting();
  }

  private void enter(WatchNode node, String name, boolean isDirectory, long stamp) {
    if (isDirectory && options.isRecursive()) {
      WatchNode directory = new WatchNode(this, node, name, false);
      node.children.put(name, directory);
      scan(directory);
    } else {
      node.children.put(name, Entry.of(isDirectory, stamp));
    }
  }

  void scan(WatchNode node) {
    if (!node.isQueued) {
      node.isQueued = true;
      toScan.add(node);
    }
    hub.requestWork();
  }

  private void scanDeep(WatchNode node) {
    node.scansDeep = true;
    scan(node);
  }

  private void scanNothing() {
    toScan.forEach(node -> node.isQueued = false);
    toScan.clear();
  }

  private void written(WatchNode node, String name) {
    WatchChild known = node.children.get(name);
    if (known instanceof Entry entry && tell(new Written(path(node, name)))) {
      if (entry.stamp() != Entry.UNKNOWN) {
        node.children.put(name, Entry.of(false, Entry.UNKNOWN));
      }
    }
  }

  boolean deleted(WatchNode node, String name) {
    WatchChild known = node.children.get(name);
    if (known == null) {
      return true;
    }
    if (known.isDirectory()) {
      settleMove(); // or it would be told of as moved from where nothing is any more
      if (sync == Sync.OVERFLOWED) {
        return false;
      }
    }
    if (!tell(new Deleted(path(node, name), known.isDirectory()))) {
      return false;
    }
    node.children.remove(name);
    hub.unwatch(known);
    return true;
  }

  // ---- renames

  private void movedFrom(WatchNode node, String name, int cookie, @Nullable Arrival arrival) {
    settleMove();
    WatchChild known = node.children.get(name);
    if (known != null && sync != Sync.OVERFLOWED) {
      node.children.remove(name);
      boolean hasReplaced = arrival != null && arrival.name().equals(name);
      move = new WatchMove(node, name, known, cookie, hasReplaced ? arrival : null);
      watcher.awaitMove();
    }
  }

  /** The other half does not come, or is none: it was moved to elsewhere, or is there still. */
  void settleMove() {
    WatchMove pending = move;
    if (pending == null) {
      return;
    }
    pending.node().children.put(pending.name(), pending.child());
    move = null;
    if (pending.arrival() != null) {
      scan(pending.node()); // finds out what has the name now
      if (pending.child() instanceof WatchNode directory) {
        scanDeep(directory); // a look at it may have been left out meanwhile
      }
    } else {
      boolean ignored = deleted(pending.node(), pending.name());
    }
  }

  private void movedTo(WatchNode node, String name, int cookie, boolean isDirectory) {
    WatchMove pending = move;
    if (node.children.containsKey(name)) {
      node.arrival = Arrival.of(name, cookie, pending);
    }
    if (pending == null || !pending.isWhole(cookie, node, name, isDirectory)) {
      settleMove();
      if (sync == Sync.OVERFLOWED) {
        return;
      }
      WatchChild replaced = node.children.get(name);
      if (replaced instanceof WatchNode directory && isDirectory) {
        scanDeep(directory); // another one has come in its place, or a comparison was quicker
      } else if (replaced != null && !replaced.isDirectory() && !isDirectory) {
        written(node, name);
      } else {
        boolean ignored = created(node, name, isDirectory);
      }
      return;
    }
    Path from = pending.node().path().resolve(pending.name());
    if (!tell(new Moved(from, node.path().resolve(name), isDirectory))) {
      return; // the overflow has put it back
    }
    move = null;
    WatchChild replaced = node.children.put(name, pending.child());
    if (pending.child() instanceof WatchNode directory) {
      forgetLast(); // it may be below
      directory.parent = node;
      directory.name = name;
      scanDeep(directory); // somebody may have looked at its old name meanwhile
    }
    if (replaced != null) {
      hub.unwatch(replaced);
    }
  }

  // ---- the directory itself

  private void lost(Reason reason, String detail) {
    settleMove();
    if (sync == Sync.OVERFLOWED || !tell(new Lost(root, reason, detail))) {
      return; // a comparison finds it
    }
    hub.unwatch(rootNode);
    rootNode = newRoot();
    forgetLast();
    scanNothing();
    loose.forEach(hub::discard);
    loose.clear();
    sync = Sync.GONE;
    awaitReturn();
  }

  private void awaitReturn() {
    leaveAncestor();
    awaiting = true;
    hub.requestWork();
  }

  private void leaveAncestor() {
    if (ancestor != null) {
      hub.unbind(ancestor);
      ancestor = null;
    }
  }

  private void ancestorChanged(WatchNode node, int mask, String name) {
    boolean isItself = (mask & (WatchMask.DELETE_SELF | WatchMask.MOVE_SELF)) != 0;
    boolean isBack = (mask & (WatchMask.CREATE | WatchMask.MOVED_TO)) != 0;
    if (node == ancestor && sync == Sync.GONE && (isItself || (isBack && name.equals(node.name)))) {
      awaitReturn();
    }
  }

  private void awaited(WatchScan.Target target, String limits) {
    if (isRefused(target)) {
      degrade(target, limits);
      awaitReturn();
    } else if (target.result == 0) {
      if (tell(new Returned(root))) {
        sync = Sync.CURRENT;
        bind(rootNode, target.watch);
        compare(rootNode, target);
      }
    } else if (target.ancestorWatch >= 0) {
      ancestor = new WatchNode(this, null, target.awaitedName, true);
      hub.bind(ancestor, target.ancestorWatch);
    } else {
      watcher.pollLater();
    }
  }

  /** The time has come to look again. */
  void poll() {
    if (sync == Sync.GONE) {
      awaitReturn();
    } else if (isPolled() && sync == Sync.CURRENT && scanning == 0 && toScan.isEmpty()) {
      rootNode.isShallow = false;
      scan(rootNode);
    } else if (isPolled()) {
      watcher.pollLater();
    }
  }

  // ---- hints

  /** Something may have happened in a directory, which may be another tree's. */
  void hinted(Path directory) {
    WatchNode node = takesHints() && directory.startsWith(root) ? find(directory) : null;
    if (node != null && hinted.add(node)) {
      watcher.lookSoon();
    }
  }

  private @Nullable WatchNode find(Path directory) {
    WatchNode at = rootNode;
    for (int i = root.getNameCount(); i < directory.getNameCount(); i++) {
      if (!(at.children.get(directory.getName(i).toString()) instanceof WatchNode next)) {
        return null;
      }
      at = next;
    }
    return at;
  }

  /** Looks at what hints were about, and not at what is below. */
  void lookAtHinted() {
    if (scanning > 0 || !toScan.isEmpty()) {
      watcher.lookSoon(); // what is on its way may look deeper
      return;
    }
    for (WatchNode node : hinted) {
      if (sync == Sync.CURRENT && node.isAttached()) { // else it is compared anyway
        node.isShallow = true;
        scan(node);
      }
    }
    hinted.clear();
  }

  // ---- comparisons

  /** Takes some directories that are to be looked at. */
  void takeTargets(List<WatchScan.Target> into, int limit) {
    if (awaiting && into.size() < limit) {
      awaiting = false;
      scanning++;
      into.add(new WatchScan.Target(rootNode, true));
    }
    while (into.size() < limit && !toScan.isEmpty()) {
      WatchNode node = toScan.remove();
      node.isQueued = false;
      if (node.isAttached()) {
        scanning++;
        into.add(new WatchScan.Target(node, false));
      } else {
        endScanIf(toScan.isEmpty());
      }
    }
  }

  void scanned(WatchScan.Target target, String limits) {
    scanning--;
    settleMove(); // what was found may have its name, and is newer
    boolean isUseless =
        closed || sync == Sync.OVERFLOWED || (sync == Sync.GONE) != target.isAwaited;
    if (!isUseless && target.node.isAttached()) {
      looked(target, limits);
    }
    target.made.forEach(hub::discard); // those that no directory has got
    endScanIf(toScan.isEmpty());
  }

  private void looked(WatchScan.Target target, String limits) {
    WatchNode node = target.node;
    if (target.isAwaited) {
      awaited(target, limits);
    } else if (isRefused(target)) {
      degrade(target, limits);
      scan(rootNode);
      scan(node);
    } else if (target.result < 0) {
      failed(node, target.result, limits);
    } else {
      bind(node, target.watch);
      loose.remove(target.watch);
      node.isLost = false;
      compare(node, target);
    }
  }

  private void endScanIf(boolean isNothingLeft) {
    if (closed || scanning > 0 || !isNothingLeft) {
      return;
    }
    if (sync == Sync.OPENING) {
      sync = Sync.CURRENT;
      watcher.opened(null);
    } else if (sync == Sync.RESCANNING && tell(new Rescanned(root))) {
      sync = Sync.CURRENT;
      loose.forEach(hub::discard);
      loose.clear();
    }
    if (isPolled()) {
      watcher.pollLater();
    }
  }

  private void bind(WatchNode node, int watch) {
    if (!isPolled()) {
      hub.bind(node, watch);
    }
  }

  private void compare(WatchNode node, WatchScan.Target target) {
    boolean mayHideWrites = sync == Sync.RESCANNING || isPolled();
    comparison.compare(node, target.found, mayHideWrites);
  }

  /** No more watches are to be had, and the user has said to go on without. */
  private boolean isRefused(WatchScan.Target target) {
    return options.isPollingAtLimit() && !target.isPolled && target.isAtLimit();
  }

  /** Looks from time to time from now on, at all of the tree, and gives its watches to others. */
  private void degrade(WatchScan.Target target, String limits) {
    if (isDegraded) {
      return;
    }
    isDegraded = true;
    hub.unwatch(rootNode);
    leaveAncestor();
    loose.forEach(hub::discard);
    loose.clear();
    int result = WatchScan.isLimit(target.result) ? target.result : target.ancestorWatch;
    String detail = String.valueOf(WatchException.of(target.path, result, limits).getMessage());
    watcher.tellAlways(new Degraded(root, detail));
  }

  private void failed(WatchNode node, int result, String limits) {
    boolean isMissing = result == Errno.ENOENT.negated() || result == Errno.ENOTDIR.negated();
    boolean isLimit = WatchScan.isLimit(result);
    if (sync == Sync.OPENING && (node == rootNode || isLimit)) {
      closed = true;
      watcher.opened(WatchException.of(node.path(), result, limits));
    } else if (node == rootNode) {
      lost(isMissing ? Reason.DELETED : Reason.UNREADABLE, "");
    } else if (!isMissing && !node.isLost) { // or else its parent is about to tell
      node.isLost = true;
      String detail = String.valueOf(WatchException.of(node.path(), result, limits).getMessage());
      boolean ignored =
          tell(new Lost(node.path(), isLimit ? Reason.LIMIT : Reason.UNREADABLE, detail));
    }
  }
}

package gyre.file;

import gyre.CancelledException;
import gyre.Scope;
import gyre.Source;
import gyre.WaitPoint;
import gyre.spi.EventResource;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells what changes in a directory.
 *
 * <pre>{@code
 * try (Watcher watcher = Watcher.open(Path.of("src"), WatchOptions.defaults().recursive(true))) {
 *   while (true) {
 *     switch (watcher.next()) {
 *       case WatchEvent.Written written -> compile(written.path());
 *       case WatchEvent event -> log(event);
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>On Linux the kernel tells, by one inotify instance for all watchers of a loop. On the NIO
 * engine, and on request, it is found by looking, which needs no native access, takes a directory's
 * size in time, and sees a rename as one file deleted and another created. On NIO the JDK's {@code
 * WatchService} says where to look, and all is looked at from time to time, since that may miss
 * something.
 *
 * <p>Nothing is lost without a word: where events come faster than they are taken there is a {@link
 * WatchEvent.Overflowed}, and once that is taken all is compared, the differences are told, and
 * then {@link WatchEvent.Rescanned}.
 *
 * <p>A watcher goes on after its directory was deleted or moved, and tells when there is one of
 * that path again. That one of its parents is renamed it does not notice. It knows the names of all
 * files that it watches, which takes memory.
 */
@SuppressWarnings("exports") // EventResource is for the packages of handles
public final class Watcher extends EventResource<WatchEvent> {
  /** In which the second half of a rename has come, if it comes. */
  private static final long MOVE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Of many hints about one directory, one is followed in so long. */
  private static final long HINT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final Path directory;

  /** The directory, or the one file of it that is watched. */
  private final Path subject;

  private final WatchOptions options;
  private final WatchQueue queue;
  private final WatchHub hub;
  private final WatchTree tree;
  private final Opened opened = new Opened(this);
  private final Timeout moveTimer = timeout(this::moveIsOver);
  private final Timeout pollTimer = timeout(this::pollIsDue);
  private final Timeout hintTimer = timeout(this::hintsAreDue);
  private final Timeout gatherTimer = timeout(this::gatheringIsOver);
  private @Nullable WatchException failure;
  private boolean isLeaving;

  @SuppressWarnings("this-escape") // used later, on the loop
  private Watcher(Scope owner, Path directory, Path subject, WatchOptions options) {
    super(owner);
    this.directory = directory;
    this.subject = subject;
    this.options = options;
    this.queue = new WatchQueue(options.queueLimit(), options.coalesceNanos() > 0);
    this.hub = onePerLoop(loop(), WatchHub.Place.class, WatchHub.Place::new).hub(engine());
    this.tree = new WatchTree(this, hub, directory, options);
  }

  /** As {@link #open(Path, WatchOptions)}, of the directory itself alone. */
  public static Watcher open(Path directory) {
    return open(directory, WatchOptions.defaults());
  }

  /**
   * Watches a directory, in the current scope. Parks until all of it is watched: what happens after
   * the return is told.
   *
   * @throws WatchException if it is none or can't be read, or if the limits of inotify are reached,
   *     which it names with their values
   */
  public static Watcher open(Path directory, WatchOptions options) {
    return open(directory, directory, options);
  }

  /** As {@link #openFile(Path, WatchOptions)}, with the usual options. */
  public static Watcher openFile(Path file) {
    return openFile(file, WatchOptions.defaults());
  }

  /**
   * Watches what has the name of a file, whatever that is: one that replaces it by a rename, as
   * editors do, is {@link WatchEvent.Written}, and one that is made after it was deleted or renamed
   * is {@link WatchEvent.Created}. It need not be there; its directory must be, and is what is
   * watched in fact ({@link WatchEvent.Lost} and {@link WatchEvent.Returned} tell of that). Of a
   * symbolic link, the link is watched and not what it leads to; and what is written by another
   * name of the same file is not told.
   *
   * @param options without {@link WatchOptions#recursive} and {@link WatchOptions#exclude}
   * @throws WatchException as {@link #open}
   */
  public static Watcher openFile(Path file, WatchOptions options) {
    if (options.isRecursive()) {
      throw new IllegalArgumentException("a file has nothing below it: recursive must be off");
    }
    Path named = file.getParent() == null ? file.toAbsolutePath() : file;
    Path directory = named.getParent();
    if (directory == null || named.getFileName() == null) {
      throw new IllegalArgumentException("\"" + file + "\" has no name that a file could have");
    }
    return open(directory, named, options.exclude(path -> !path.equals(named)));
  }

  private static Watcher open(Path directory, Path subject, WatchOptions options) {
    Scope owner = Scope.current();
    checkCanOpen(owner);
    Watcher watcher = new Watcher(owner, directory, subject, options);
    try {
      watcher.hub.join(watcher.tree);
      await(watcher.caller(), watcher.opened);
      watcher.checkNotFailed();
    } catch (Throwable e) {
      watcher.closeSoon();
      throw e;
    }
    return watcher;
  }

  private Timeout timeout(Runnable action) {
    return new Timeout(this) {
      @Override
      protected void expired() {
        action.run();
      }
    };
  }

  /** The directory that is watched, or that of the file that is. */
  public Path directory() {
    return directory;
  }

  // ---- direct style

  /**
   * The next event. Parks until there is one.
   *
   * @throws CancelledException if the loop shuts down, and nothing is left to take
   */
  public WatchEvent next() {
    return nextEvent();
  }

  /** An event that is there, without waiting. */
  public Optional<WatchEvent> poll() {
    return pollEvent();
  }

  /** Ready while {@link #next} would not park: there is an event, or no more will come. */
  public Source changed() {
    return eventSource();
  }

  @Override
  protected boolean hasEvent() {
    return !queue.isEmpty();
  }

  @Override
  protected WatchEvent takeEvent() {
    WatchEvent event = Objects.requireNonNull(queue.poll());
    if (event instanceof WatchEvent.Overflowed && isOpen()) {
      tree.rescan();
    }
    return event;
  }

  @Override
  protected String waitingFor() {
    return "waiting for changes by";
  }

  @Override
  protected boolean isOver() {
    return failure != null;
  }

  @Override
  protected void checkNotOver() {
    checkNotFailed();
  }

  private void checkNotFailed() {
    WatchException known = failure;
    if (known != null) {
      throw known;
    }
  }

  // ---- push style

  /** Has {@code newHandler} told of events from now on, and of those that wait already. */
  public void onEvent(WatchHandler newHandler) {
    tellBy(newHandler::onEvent);
  }

  // ---- from the tree

  /** False if there is no room for it. */
  boolean offer(WatchEvent event) {
    if (!isOpen()) {
      return true;
    }
    if (!queue.offer(event)) {
      return false;
    }
    if (queue.isGathering() && !gatherTimer.isActive()) {
      gatherTimer.start(options.coalesceNanos());
    }
    eventCame();
    return true;
  }

  /** There is always room for it. */
  void tellAlways(WatchEvent event) {
    if (isOpen()) {
      queue.add(event);
      eventCame();
    }
  }

  private void gatheringIsOver() {
    queue.flush();
    eventCame();
  }

  /** All is watched, or it can't be. */
  void opened(@Nullable WatchException why) {
    failure = why;
    opened.isDone = true;
    opened.wakeAll();
  }

  /** The kernel tells of nothing any more. */
  void broken(WatchException why) {
    failure = why;
    if (hasHandler()) {
      report(why);
      closeSoon();
    }
    opened.isDone = true;
    opened.wakeAll();
    wakeWaiters();
  }

  void awaitMove() {
    moveTimer.start(MOVE_NANOS);
  }

  private void moveIsOver() {
    if (hub.isBehind()) {
      awaitMove();
    } else {
      tree.settleMove();
      hub.requestWork(); // what has moved away is not to be watched any more
    }
  }

  /** Has the tree look again after a while. */
  void pollLater() {
    if (isOpen() && !pollTimer.isActive()) {
      pollTimer.start(options.pollNanos());
    }
  }

  /** Has the tree look at what hints are about: some of them at a time. */
  void lookSoon() {
    if (isOpen() && !hintTimer.isActive()) {
      hintTimer.start(HINT_NANOS);
    }
  }

  private void hintsAreDue() {
    tree.lookAtHinted();
  }

  private void pollIsDue() {
    tree.poll();
  }

  // ---- the end

  @Override
  public String kind() {
    return "watcher";
  }

  @Override
  protected String addressText() {
    return subject.toString();
  }

  @Override
  public int pendingOperations() {
    return isLeaving ? hub.pendingOperations() : 0;
  }

  @Override
  protected void closing() {
    moveTimer.cancel();
    pollTimer.cancel();
    hintTimer.cancel();
    gatherTimer.cancel();
    queue.clear();
    wakeWaiters();
    opened.wakeAll();
    isLeaving = true;
    hub.leave(tree, this::left);
  }

  private void left() {
    isLeaving = false;
    released();
  }

  @Override
  protected void aborting() {
    if (!isLeaving) {
      closing();
    }
  }

  /** All of it is watched. */
  private static final class Opened extends WaitPoint {
    private final Watcher watcher;
    private boolean isDone;

    Opened(Watcher watcher) {
      this.watcher = watcher;
    }

    @Override
    public boolean isReady() {
      return isDone || !watcher.isOpen();
    }

    @Override
    public String doing() {
      return "having " + watcher.subject + " watched";
    }
  }
}

package gyre.process;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.WaitPoint;
import gyre.engine.Errno;
import gyre.engine.Poll;
import gyre.engine.Processes;
import gyre.io.ByteStream;
import gyre.spi.Resource;
import gyre.stream.DescriptorStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

// Over 500 lines: the end, the survivors and the descriptor of a child decide on its release.
/**
 * A child process that was started by {@link Command#start}.
 *
 * <p>It belongs to the scope that it was started in. The end of that, {@link #close}, and the
 * cancellation of a fiber in {@link #await} all end it and its group: they are asked by {@code
 * TERM}, and killed when the grace of its command is over. What became of it is taken from the
 * kernel as soon as it has ended, whether anybody waits or not.
 */
@SuppressWarnings("exports") // Resource is for the packages of handles
public final class ChildProcess extends Resource {
  private static final int NONE = -1;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** What was done to have it end. */
  private enum Ending {
    NONE,
    ASKED,
    KILLED
  }

  private final Command command;
  private final int process;
  private final Processes processes;
  private final Ended ended = new Ended(this);
  private final Watch watch;
  private final Limit timeout = new Limit(this, Limit.Purpose.TIMEOUT);
  private final Limit grace = new Limit(this, Limit.Purpose.GRACE);
  private final Limit look = new Limit(this, Limit.Purpose.LOOK);
  private final Limit rewatch = new Limit(this, Limit.Purpose.REWATCH);
  private int descriptor;
  private Ending ending = Ending.NONE;
  private @Nullable ChildExit exit;

  /** A negative errno: it has ended, and what became of it is not to be had. */
  private int lost;

  private boolean isLate;

  /** It has ended, and others of its group have not. */
  private boolean hasSurvivors;

  private @Nullable DescriptorStream stdin;
  private @Nullable DescriptorStream stdout;
  private @Nullable DescriptorStream stderr;
  private @Nullable DescriptorStream terminal;

  @SuppressWarnings("this-escape") // the watch keeps it, and uses it later
  ChildProcess(Scope owner, Command command, int process, int descriptor) {
    super(ownerOf(owner, process, descriptor, command.leadsGroup()));
    this.command = command;
    this.process = process;
    this.descriptor = descriptor;
    this.processes = engine().processes();
    this.watch = new Watch(this, descriptor);
    engine().submit(watch);
    if (!command.timeout().isZero()) {
      timeout.start(nanos(command.timeout()));
    }
  }

  private static Scope ownerOf(Scope owner, int process, int descriptor, boolean leadsGroup) {
    try {
      checkCanOpen(owner);
    } catch (RuntimeException e) {
      engineOf(owner).processes().abandon(process, descriptor, leadsGroup);
      throw e;
    }
    return owner;
  }

  void streams(
      @Nullable DescriptorStream in,
      @Nullable DescriptorStream out,
      @Nullable DescriptorStream errors,
      @Nullable DescriptorStream driver) {
    stdin = in;
    stdout = out;
    stderr = errors;
    terminal = driver;
  }

  private static long nanos(Duration duration) {
    return duration.toSeconds() >= Long.MAX_VALUE / 1_000_000_000L
        ? Long.MAX_VALUE
        : duration.toNanos();
  }

  /** Is told of its end. */
  private static final class Watch extends Poll {
    private final ChildProcess child;

    Watch(ChildProcess child, int descriptor) {
      this.child = child;
      this.descriptor = descriptor;
      this.interest = READABLE;
    }

    @Override
    public void ready(int events) {
      child.look();
    }

    @Override
    public void ended(int result) {
      child.watchEnded(result);
    }

    @Override
    public String toString() {
      return "watch of " + child.name();
    }
  }

  private static final class Ended extends WaitPoint {
    private final ChildProcess child;

    Ended(ChildProcess child) {
      this.child = child;
    }

    @Override
    public boolean isReady() {
      return child.hasEnded() || child.isReleased();
    }

    @Override
    public String doing() {
      return "waiting for the end of " + child.name();
    }
  }

  private static final class Limit extends Resource.Timeout {
    enum Purpose {
      TIMEOUT,
      GRACE,
      /** For who is left of its group. */
      LOOK,
      /** The kernel could not tell of its end. */
      REWATCH
    }

    private final ChildProcess child;
    private final Purpose purpose;

    Limit(ChildProcess child, Purpose purpose) {
      super(child);
      this.child = child;
      this.purpose = purpose;
    }

    @Override
    protected void expired() {
      switch (purpose) {
        case TIMEOUT -> child.late();
        case GRACE -> child.kill();
        case LOOK -> child.lookForSurvivors();
        case REWATCH -> child.watchAgain();
      }
    }
  }

  // ---- what it is

  @Override
  public String kind() {
    return "process";
  }

  @Override
  protected String addressText() {
    return process + ": " + command;
  }

  public Command command() {
    return command;
  }

  /** The system's number of it. Once it has ended, the number may be somebody else's. */
  public int number() {
    return process;
  }

  /** What it reads: its command must have {@link Stdio#PIPE} there. */
  public ByteStream stdin() {
    return stream(stdin, "stdin");
  }

  /** What it writes. */
  public ByteStream stdout() {
    return stream(stdout, "stdout");
  }

  /** What it writes to its errors. */
  public ByteStream stderr() {
    return stream(stderr, "stderr");
  }

  /** The other side of its pseudo-terminal: what is written here it reads, and the reverse. */
  public ByteStream terminal() {
    return stream(terminal, "terminal");
  }

  /**
   * Changes the size of its pseudo-terminal. Its programs in the foreground are told by {@code
   * WINCH}.
   *
   * @throws IllegalStateException if it has none
   * @throws ProcessException if that is closed
   */
  public void resizeTerminal(int rows, int columns) {
    checkOnLoop();
    Command.checkTerminalSize(rows, columns);
    DescriptorStream driven = stream(terminal, "terminal");
    int result =
        driven.isOpen()
            ? engine().pipes().resizeTerminal(driven.descriptor(), rows, columns)
            : Errno.EBADF.negated();
    if (result < 0) {
      throw ProcessException.ofTerminalSize(name(), result);
    }
  }

  boolean has(int index) {
    return (index == 0 ? stdin : index == 1 ? stdout : stderr) != null;
  }

  boolean hasTerminal() {
    return terminal != null;
  }

  private DescriptorStream stream(@Nullable DescriptorStream stream, String what) {
    if (stream == null) {
      throw new IllegalStateException(
          name() + " has no stream for " + what + ": start it with Stdio.PIPE or TERMINAL there");
    }
    return stream;
  }

  // ---- its end

  /**
   * Parks until it has ended. A fiber that is cancelled meanwhile ends the child and its group.
   *
   * @throws ProcessException if it took longer than the timeout of its command; or if somebody else
   *     in this program has taken what became of it from the kernel
   */
  public ChildExit await() {
    Fiber<?> caller = caller();
    try {
      await(caller, ended);
    } catch (CancelledException cancelled) {
      closeSoon();
      throw cancelled;
    }
    if (isLate) {
      throw ProcessException.tooLate(command);
    }
    checkNotLost();
    ChildExit known = exit;
    if (known == null) {
      checkStillOpen(caller, "waiting for the end of");
      throw new IllegalStateException(name() + " was given up by a shutdown");
    }
    return known;
  }

  /** Ready when it has ended. Waiting for it so leaves it alone, cancelled or not. */
  public Source end() {
    return ended;
  }

  /**
   * What became of it; empty while it runs.
   *
   * @throws ProcessException if somebody else has taken that from the kernel
   */
  public Optional<ChildExit> exit() {
    checkThread();
    checkNotLost();
    return Optional.ofNullable(exit);
  }

  private void checkNotLost() {
    if (lost != 0) {
      throw ProcessException.ofLostExit(name(), lost);
    }
  }

  /** Whether it has, as far as is known here. */
  private boolean hasEnded() {
    return exit != null || lost != 0;
  }

  /** Sends it a signal, and nobody else. False if it has ended. */
  public boolean signal(OsSignal signal) {
    checkOnLoop();
    if (hasEnded() || descriptor < 0) {
      return false;
    }
    int result = processes.signal(descriptor, signal.number());
    if (result < 0) {
      throw ProcessException.ofSignal(signal, name(), result);
    }
    return true;
  }

  /**
   * Asks it and its group to end, by {@code TERM}, kills what is left after the grace of its
   * command, and parks until then.
   */
  public ChildExit terminate() {
    checkOnLoop();
    askToEnd();
    return await();
  }

  private void late() {
    isLate = !hasEnded();
    askToEnd();
  }

  private void askToEnd() {
    hasSurvivors = hasSurvivors && isGroupAlive(); // maybe they have gone since
    if (ending != Ending.NONE || (hasEnded() && !hasSurvivors)) {
      return;
    }
    if (command.grace().isZero()) {
      kill();
      return;
    }
    ending = Ending.ASKED;
    signalAll(OsSignal.TERM);
    signalAll(OsSignal.CONT); // a stopped one could not hear of it
    grace.start(nanos(command.grace()));
    if (hasSurvivors) {
      look.start(LOOK_NANOS);
    }
  }

  private void kill() {
    hasSurvivors = hasSurvivors && isGroupAlive();
    if (!hasEnded() || hasSurvivors) {
      signalAll(OsSignal.KILL);
    }
    ending = Ending.KILLED;
    hasSurvivors = false;
    operationEnded();
  }

  /**
   * The group, while somebody of it is known to be there: then nobody else has its number. The
   * child itself may have left it for another one.
   */
  private void signalAll(OsSignal signal) {
    if (!hasEnded() && descriptor < 0) {
      return; // it was given up, and its number may be somebody else's by now
    }
    if (command.leadsGroup()) {
      boolean isToldByGroup = processes.signalGroup(process, signal.number()) >= 0;
      if (isToldByGroup && signal != OsSignal.KILL) {
        return; // a second request to end is more than a request to some programs
      }
    }
    if (!hasEnded()) {
      int ignored = processes.signal(descriptor, signal.number());
    }
  }

  /**
   * Whether somebody is left after it was collected. While somebody is, no new process gets its
   * number: if there is one of that number, the group is another one.
   */
  private boolean isGroupAlive() {
    if (!command.leadsGroup() || processes.signalGroup(process, 0) < 0) {
      return false;
    }
    return !processes.isTaken(process);
  }

  /** The kernel says that it has ended. */
  private void look() {
    if (hasEnded() || descriptor < 0) {
      return;
    }
    Processes.Exit told = new Processes.Exit();
    int result = processes.collect(descriptor, told);
    if (result == 0 || result == Errno.EINTR.negated()) {
      return;
    }
    if (result > 0) {
      exit = ChildExit.of(told);
    } else {
      lost = result;
    }
    timeout.cancel();
    engine().cancel(watch);
    closeDescriptor();
    hasSurvivors = isGroupAlive();
    if (hasSurvivors && ending == Ending.KILLED) {
      signalAll(OsSignal.KILL); // who came in between
      hasSurvivors = false;
    } else if (hasSurvivors && ending == Ending.ASKED) {
      look.start(LOOK_NANOS);
    }
    ended.wakeAll();
    if (!hasSurvivors && stdin == null && stdout == null && stderr == null && terminal == null) {
      closeSoon(); // there is nothing to keep
    }
  }

  private void lookForSurvivors() {
    if (ending != Ending.ASKED) {
      return;
    }
    hasSurvivors = isGroupAlive();
    if (hasSurvivors) {
      look.start(LOOK_NANOS);
    } else {
      operationEnded();
    }
  }

  /**
   * @param result what the kernel refused it with, or that it was cancelled
   */
  private void watchEnded(int result) {
    if (!hasEnded() && descriptor >= 0) {
      assert result < 0 : "a watch ended by itself: " + result;
      rewatch.start(LOOK_NANOS); // out of memory, or of watches: nobody else tells of its end
    }
    closeDescriptor();
    operationEnded();
  }

  private void watchAgain() {
    look();
    if (!hasEnded() && descriptor >= 0) {
      engine().submit(watch);
    }
    operationEnded();
  }

  /** Once it is needed no more, neither by the kernel. */
  private void closeDescriptor() {
    if (hasEnded() && descriptor >= 0 && watch.isIdle()) {
      engine().sockets().close(descriptor);
      descriptor = NONE;
    }
  }

  @Override
  protected void closing() {
    askToEnd();
    closeStreams();
    operationEnded();
  }

  private void closeStreams() {
    abandon(stdin);
    abandon(stdout);
    abandon(stderr);
    abandon(terminal);
  }

  private static void abandon(@Nullable DescriptorStream stream) {
    if (stream != null) {
      stream.abandon();
    }
  }

  @Override
  protected void aborting() {
    kill();
    closeStreams();
    if (!hasEnded() && descriptor >= 0) {
      processes.abandon(process, descriptor, command.leadsGroup());
      descriptor = NONE;
      engine().cancel(watch);
    }
    operationEnded();
  }

  private boolean isReleased() {
    return state() == State.CLOSED;
  }

  private void operationEnded() {
    if (state() != State.CLOSING || !watch.isIdle() || descriptor >= 0 || hasSurvivors) {
      return;
    }
    timeout.cancel();
    grace.cancel();
    look.cancel();
    rewatch.cancel();
    released();
    ended.wakeAll();
  }

  @Override
  protected void waits(Waits waits) {
    waits.told(ended.firstFiber(), "waiting for the end of", descriptor);
  }

  @Override
  public int pendingOperations() {
    return watch.isIdle() ? 0 : 1;
  }
}

package gyre.process;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.WaitPoint;
import gyre.engine.Poll;
import gyre.engine.Processes;
import gyre.io.ByteStream;
import gyre.spi.Resource;
import gyre.stream.DescriptorStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

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
  private int descriptor;
  private Ending ending = Ending.NONE;
  private @Nullable ChildExit exit;
  private boolean isLate;

  /** It has ended, and others of its group have not. */
  private boolean hasSurvivors;

  private @Nullable DescriptorStream stdin;
  private @Nullable DescriptorStream stdout;
  private @Nullable DescriptorStream stderr;
  private @Nullable DescriptorStream terminal;

  @SuppressWarnings("this-escape") // the watch keeps it, and uses it later
  ChildProcess(Scope owner, Command command, int process, int descriptor) {
    super(ownerOf(owner, process, descriptor));
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

  private static Scope ownerOf(Scope owner, int process, int descriptor) {
    try {
      checkCanOpen(owner);
    } catch (RuntimeException e) {
      engineOf(owner).processes().abandon(process, descriptor);
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
      child.watchEnded();
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
      return child.exit != null || child.isReleased();
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
      LOOK
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

  boolean has(int index) {
    return (index == 0 ? stdin : index == 1 ? stdout : stderr) != null;
  }

  private ByteStream stream(@Nullable DescriptorStream stream, String what) {
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
   * @throws ProcessException if it took longer than the timeout of its command
   */
  public ChildExit await() {
    Fiber<?> caller = caller();
    try {
      await(caller, ended);
    } catch (CancelledException cancelled) {
      closeSoon();
      throw cancelled;
    }
    ChildExit known = exit;
    if (isLate) {
      throw ProcessException.tooLate(command);
    }
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

  /** What became of it; empty while it runs. */
  public Optional<ChildExit> exit() {
    checkThread();
    return Optional.ofNullable(exit);
  }

  /** Sends it a signal, and nobody else. False if it has ended. */
  public boolean signal(OsSignal signal) {
    checkOnLoop();
    if (exit != null || descriptor < 0) {
      return false;
    }
    int result = processes.signal(descriptor, signal.number());
    if (result < 0) {
      throw ProcessException.of("send " + signal + " to", name(), result);
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
    isLate = exit == null;
    askToEnd();
  }

  private void askToEnd() {
    hasSurvivors = hasSurvivors && isGroupAlive(); // maybe they have gone since
    if (ending != Ending.NONE || (exit != null && !hasSurvivors)) {
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
    if (exit == null || hasSurvivors) {
      signalAll(OsSignal.KILL);
    }
    ending = Ending.KILLED;
    hasSurvivors = false;
    operationEnded();
  }

  /** The group, while somebody of it is known to be there: then nobody else has its number. */
  private void signalAll(OsSignal signal) {
    if (exit == null && descriptor < 0) {
      return; // it was given up, and its number may be somebody else's by now
    }
    if (command.leadsGroup()) {
      int ignored = processes.signalGroup(process, signal.number());
    } else if (exit == null) {
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
    int stranger = processes.open(process);
    if (stranger >= 0) {
      engine().sockets().close(stranger);
    }
    return stranger < 0;
  }

  /** The kernel says that it has ended. */
  private void look() {
    Processes.Exit told = new Processes.Exit();
    if (exit != null || descriptor < 0 || processes.collect(descriptor, told) == 0) {
      return;
    }
    exit = ChildExit.of(told);
    timeout.cancel();
    engine().cancel(watch);
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

  private void watchEnded() {
    if (exit != null && descriptor >= 0) {
      engine().sockets().close(descriptor);
      descriptor = NONE;
    }
    operationEnded();
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
    if (exit == null && descriptor >= 0) {
      processes.abandon(process, descriptor);
      descriptor = NONE;
      engine().cancel(watch);
    }
    operationEnded();
  }

  private boolean isReleased() {
    return state() == State.CLOSED;
  }

  private void operationEnded() {
    if (state() != State.CLOSING || !watch.isIdle() || hasSurvivors) {
      return;
    }
    timeout.cancel();
    grace.cancel();
    look.cancel();
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

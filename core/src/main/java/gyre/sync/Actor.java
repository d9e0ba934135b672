package gyre.sync;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Source;
import gyre.spi.Internals;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * State behind messages: a fiber that handles what comes into its mailbox, one after the other, so
 * that nothing it knows needs a lock.
 *
 * <pre>{@code
 * sealed interface Command {
 *   record Deposit(long cents) implements Command {}
 *   record Balance(Reply<Long> reply) implements Command {}
 * }
 *
 * Actor<Command> account = Actor.start("account", Account::new);   // a Behavior<Command>
 * account.tell(new Command.Deposit(500));
 * long cents = account.ask(Command.Balance::new);
 * account.stop();                                                // after what it has been told
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads:</b> it runs on the loop that it was started on, and is told, asked, stopped and
 *       joined from any thread. From elsewhere than its loop each of these is a {@link Loop#call},
 *       with what that throws when the loop is full: a fiber of the caller's loop is parked
 *       meanwhile, and a plain thread blocked. The replies in its messages may be answered from any
 *       thread too.
 *   <li><b>Life:</b> it belongs to the scope that it was started in. If handling a message fails,
 *       it is restarted as its {@link ActorOptions} say, or ends with that failure, which its scope
 *       deals with.
 *   <li><b>Asking:</b> whoever waits for an answer gets {@link ReplyFailedException} as soon as the
 *       actor ends, or is restarted after the message had been handled.
 *   <li><b>Deadlocks:</b> an actor that would wait, in a handler, for another one that waits for it
 *       gets {@link gyre.DeadlockException}, which says who waits for whom. An actor that passes on
 *       the reply of one which waits for it must not wait for that one in the same handler.
 *   <li><b>Cancellation:</b> who is cancelled in {@link #tell} or {@link #ask} while the mailbox is
 *       full has sent nothing. Later the message stays sent, and its reply is abandoned. Who is
 *       cancelled on another loop, or interrupted, does not wait for that: its message may have
 *       been sent.
 *   <li><b>Closing:</b> {@link #stop} lets it handle what is in the mailbox. One that fails or is
 *       cancelled drops that: {@link #dropped} counts it.
 *   <li><b>Fairness and cost:</b> as of a {@link Channel}, and a small object for each message.
 *       From another thread each message costs a fiber of the actor's loop and a way there and
 *       back. Where that is too much, send over a {@link SharedChannel} that a fiber of the loop
 *       passes on.
 * </ul>
 */
public final class Actor<M> {
  private final Loop loop = Loop.current();
  private final String name;
  private final ActorOptions options;
  private final Callable<? extends Behavior<? super M>> maker;
  private final Channel<Envelope<M>> mailbox;
  private final Fiber<?> fiber;

  /** Asks that somebody waits for, in the order in which they came. */
  private final Set<Ask> asks = new LinkedHashSet<>();

  /** When it was restarted, within the period of its options. */
  private final ArrayDeque<Long> restartNanos = new ArrayDeque<>();

  private @Nullable Ask handling;
  private @Nullable ActorWait waitsFor;
  private volatile int dropped; // by its own fiber

  /**
   * @param ask null if nobody waits for an answer
   */
  private record Envelope<M>(M message, @Nullable Ask ask) {}

  /** A question, until it is answered. */
  static final class Ask {
    private final Reply<?> reply;
    private boolean handled;

    Ask(Reply<?> reply) {
      this.reply = reply;
    }

    /** Whether the actor has come to it. */
    boolean isHandled() {
      return handled;
    }
  }

  /** The actors of a loop by their fibers, to know who calls. */
  private static final class Directory {
    private final Map<Fiber<?>, Actor<?>> byFiber = new HashMap<>();
  }

  @SuppressWarnings("this-escape") // run later
  private Actor(String name, ActorOptions options, Callable<? extends Behavior<? super M>> maker) {
    this.name = name;
    this.options = options;
    this.maker = maker;
    this.mailbox = Channel.bounded("mailbox of " + name, options.mailbox());
    this.fiber = Scope.current().start(name, this::run);
  }

  // ---- starting and ending

  /** Starts an actor in the current scope. */
  public static <M> Actor<M> start(String name, Callable<? extends Behavior<? super M>> behavior) {
    return start(name, ActorOptions.defaults(), behavior);
  }

  /**
   * Starts an actor in the current scope.
   *
   * @param behavior makes its behavior, in its fiber: at the start and at each restart
   */
  public static <M> Actor<M> start(
      String name, ActorOptions options, Callable<? extends Behavior<? super M>> behavior) {
    Objects.requireNonNull(behavior, "behavior");
    return new Actor<>(name, options, behavior);
  }

  /** Lets it handle what it was told so far, and end; later messages are refused. */
  public void stop() {
    if (isHere()) {
      mailbox.close();
    } else {
      Internals.handToLoop(loop, mailbox::close);
    }
  }

  /** Ready once it has ended. On its loop. */
  public Source end() {
    return fiber.end();
  }

  /**
   * Waits until it has ended, and throws what it failed with. From another thread it also returns
   * when the actor's loop has ended, which nobody can ask any more how that was.
   */
  public void join() {
    if (isHere()) {
      Object ignored = fiber.join();
      return;
    }
    try {
      Object ignored = onLoop(fiber::join);
    } catch (ChannelClosedException e) {
      // The loop ends after all that lives in it.
    }
  }

  /** Whether the caller is of its loop; one thread may turn several. */
  private boolean isHere() {
    return Internals.isFiber() ? loop.equals(Loop.current()) : Internals.isOn(loop);
  }

  /**
   * Has a fiber of its loop do what the caller, who is elsewhere, wants.
   *
   * @throws ChannelClosedException if the loop ends before it came to that
   */
  private <R extends @Nullable Object> R onLoop(Callable<R> work) {
    AtomicBoolean hasBegun = new AtomicBoolean();
    try {
      return loop.call(() -> {
        hasBegun.set(true);
        return work.call();
      });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("interrupted while waiting for actor " + name, e);
    } catch (IllegalStateException e) {
      if (hasBegun.get()) {
        throw e;
      }
      throw new ChannelClosedException("actor " + name + " has ended with its loop", e);
    }
  }

  // ---- telling and asking

  /**
   * Sends a message; waits while the mailbox is full.
   *
   * @throws ChannelClosedException if it has ended or was told to stop
   * @throws gyre.DeadlockException if it waits for the calling actor
   */
  public void tell(M message) {
    Objects.requireNonNull(message, "message");
    if (isHere()) {
      send(new Envelope<>(message, null));
    } else {
      boolean ignored =
          onLoop(() -> {
            tell(message);
            return true;
          });
    }
  }

  /**
   * Sends a message if that needs no waiting for room. From another thread it waits until the
   * actor's loop has come to it.
   */
  public Sent tryTell(M message) {
    Objects.requireNonNull(message, "message");
    return isHere()
        ? mailbox.trySend(new Envelope<>(message, null))
        : onLoop(() -> tryTell(message));
  }

  /**
   * Sends a message with a place for the answer, and waits for that.
   *
   * @param question makes the message, on the actor's loop
   * @throws ReplyFailedException if the actor ends without an answer
   * @throws gyre.DeadlockException if it waits for the calling actor
   */
  public <R> R ask(Function<? super Reply<R>, ? extends M> question) {
    if (isHere()) {
      return askHere(question);
    }
    try {
      return onLoop(() -> this.<R>askHere(question));
    } catch (ChannelClosedException e) {
      throw new ReplyFailedException("actor " + name + " has ended", e);
    }
  }

  private <R> R askHere(Function<? super Reply<R>, ? extends M> question) {
    Reply<R> reply = new Reply<>("actor " + name);
    Ask ask = new Ask(reply);
    M message = Objects.requireNonNull(question.apply(reply), "message");
    ActorWait wait = new ActorWait(this, ask);
    checkCanWait(wait); // before anything is sent
    asks.add(ask);
    try {
      send(new Envelope<>(message, ask));
      return waiting(wait, reply::await);
    } catch (ChannelClosedException e) {
      throw new ReplyFailedException("actor " + name + " has ended", e);
    } finally {
      reply.abandon();
      asks.remove(ask);
    }
  }

  private void send(Envelope<M> envelope) {
    if (mailbox.trySend(envelope) != Sent.SENT) {
      Object ignored =
          waiting(
              new ActorWait(this, null),
              () -> {
                mailbox.send(envelope);
                return true;
              });
    }
  }

  private interface Step<R> {
    R run();
  }

  /** Notes what the calling actor, if it is one, waits for. */
  private <R> R waiting(ActorWait wait, Step<R> step) {
    Actor<?> caller = checkCanWait(wait);
    if (caller == null) {
      return step.run();
    }
    caller.waitsFor = wait;
    try {
      return step.run();
    } finally {
      caller.waitsFor = null;
    }
  }

  /** Throws if that would never end; answers the calling actor, if it is one. */
  private @Nullable Actor<?> checkCanWait(ActorWait wait) {
    Actor<?> caller = directory().byFiber.get(Internals.callerOn(loop));
    if (caller != null) {
      wait.check(caller);
    }
    return caller;
  }

  private Directory directory() {
    return Internals.onePerLoop(loop, Directory.class, on -> new Directory());
  }

  @Nullable ActorWait waitsFor() {
    return waitsFor;
  }

  @SuppressWarnings("ReferenceEquality") // this very question
  boolean handles(Ask ask) {
    return handling == ask;
  }

  // ---- the fiber

  private void run() throws Exception {
    Fiber<?> self = Fiber.current();
    directory().byFiber.put(self, this);
    Throwable problem = null;
    try {
      while (!handleAll()) {
        assert !restartNanos.isEmpty() : "restarted";
      }
    } catch (Throwable e) {
      problem = e;
      throw e;
    } finally {
      directory().byFiber.remove(self);
      ended(problem);
    }
  }

  /** Until the mailbox ends: true; or, after a failure, until it is time to restart. */
  private boolean handleAll() throws Exception {
    try {
      Behavior<? super M> behavior = maker.call();
      for (Envelope<M> envelope : mailbox) {
        handle(behavior, envelope);
      }
      return true;
    } catch (CancelledException e) {
      throw e;
    } catch (Exception e) {
      failAsks(true, e);
      awaitRestart(e);
      return false;
    }
  }

  private void handle(Behavior<? super M> behavior, Envelope<M> envelope) throws Exception {
    Ask ask = envelope.ask;
    handling = ask;
    if (ask != null) {
      ask.handled = true;
    }
    try {
      behavior.handle(envelope.message);
    } finally {
      handling = null;
    }
  }

  private void awaitRestart(Exception failure) throws Exception {
    long now = loop.nanoTime();
    long since = now - options.within().toNanos();
    while (!restartNanos.isEmpty() && restartNanos.getFirst() - since < 0) {
      restartNanos.removeFirst();
    }
    int restarts = restartNanos.size();
    if (restarts >= options.restarts()) {
      throw failure;
    }
    restartNanos.addLast(now);
    Fiber.sleep(options.delay(restarts));
  }

  private void ended(@Nullable Throwable problem) {
    if (problem == null) {
      mailbox.close();
    } else {
      mailbox.close(problem);
    }
    int left = 0;
    while (mailbox.tryReceive() instanceof Received.Value<Envelope<M>>) {
      left++;
    }
    dropped = left;
    failAsks(false, problem);
  }

  /**
   * @param handledOnly not of those that are in the mailbox
   */
  private void failAsks(boolean handledOnly, @Nullable Throwable cause) {
    for (Ask ask : List.copyOf(asks)) {
      if (ask.handled || !handledOnly) {
        boolean ignored =
            ask.reply.fail(new ReplyFailedException("actor " + name + " gave no answer", cause));
      }
    }
  }

  // ---- looking

  public String name() {
    return name;
  }

  /** How many messages it was told and will never handle, because it has failed before. */
  public int dropped() {
    return dropped;
  }

  @Override
  public String toString() {
    return isHere() && !Internals.isClosed(loop)
        ? "actor " + name + "[" + mailbox.size() + " waiting]"
        : "actor " + name;
  }
}

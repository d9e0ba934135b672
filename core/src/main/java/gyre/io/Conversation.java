package gyre.io;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Handle;
import gyre.Loop;
import gyre.spi.Resource;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose protocol has states. Each state is a type of yours that extends {@link Stage},
 * and has just the calls that are legal in it; a call that leads on returns the next state:
 *
 * <pre>{@code
 * final class Greeting extends Stage<TcpStream> {
 *   Greeting(Conversation<TcpStream> it) { super(it, Duration.ofSeconds(5)); }
 *
 *   Ready hello(String name) {
 *     return step(() -> {
 *       connection().write("HELO " + name + "\r\n");
 *       if (!ok(connection().readLine(512))) {
 *         throw new RefusedException("the server knows no " + name);   // still in Greeting
 *       }
 *       return new Ready(conversation());
 *     });
 *   }
 * }
 * }</pre>
 *
 * <p>So what is not legal doesn't compile. Java can't take the old state away from who holds it:
 * using it throws {@link IllegalStateException}.
 *
 * <p><b>Time.</b> Each state has a limit, from its beginning to the end of the step that leaves it.
 * When it has passed a step that is under way fails with {@link DeadlineExceededException}, and the
 * connection is closed, also if nobody calls.
 *
 * <p><b>Failure.</b> A step that throws {@link RefusedException} leaves the conversation in the
 * state it was in. Anything else, cancellation included, leaves the connection in a condition that
 * nobody knows: it is closed, as {@code closer} says. To get it back instead, in whichever state,
 * there is {@link Stage#release}.
 *
 * <p>A conversation is a handle: {@link Loop#handles} lists it with the state that it is in.
 *
 * <p><b>Threads.</b> On its loop, one step at a time.
 *
 * @param <C> the connection
 */
@SuppressWarnings("exports") // what handles are made of is no part of the API
public final class Conversation<C> extends Resource {
  /** Closes the connection of a conversation that has failed, or has ended by {@code close}. */
  @FunctionalInterface
  public interface Closer<C> {
    /**
     * Closes it.
     *
     * @param isFailed whether the connection is in an unknown condition
     */
    void close(C connection, boolean isFailed) throws Exception;
  }

  private enum Phase {
    TALKING,
    /** The connection was given to somebody else. */
    RELEASED,
    FAILED,
    ENDED
  }

  private final C connection;
  private final Closer<? super C> closer;
  private final Limit limit = new Limit(this);
  private Phase phase = Phase.TALKING;
  private @Nullable Stage<C> current;
  private @Nullable Stage<C> stepping;
  private long endsAtNanos;

  private Conversation(String name, C connection, Closer<? super C> closer) {
    this.connection = connection;
    this.closer = closer;
    rename(name);
    background(true); // the connection says whether a loop has to wait for it
  }

  /**
   * Begins a conversation, in the current scope, which closes the connection at its end.
   *
   * @param name of the protocol, for reports
   * @param closer what becomes of the connection at the end, and after a failure
   * @param first makes the first state
   */
  public static <C, S extends Stage<C>> S begin(
      String name, C connection, Closer<? super C> closer, Function<Conversation<C>, S> first) {
    Conversation<C> conversation = new Conversation<>(name, connection, closer);
    S stage = first.apply(conversation);
    conversation.enter(stage);
    return stage;
  }

  /** As the other one, over a stream: it is closed in order, and reset after a failure. */
  public static <C extends ByteStream, S extends Stage<C>> S begin(
      String name, C stream, Function<Conversation<C>, S> first) {
    return begin(
        name,
        stream,
        (it, isFailed) -> {
          if (isFailed) {
            it.reset();
          }
          it.close();
        },
        first);
  }

  /** The state that it is in; null at its end. */
  public @Nullable Stage<C> current() {
    checkThread();
    return current;
  }

  // ---- steps

  private void enter(Stage<C> stage) {
    if (stage.conversation != this || stage.isLeft || stage == current) {
      throw new IllegalStateException(
          stage + " can't follow " + current + ": make a new object for each time in a state");
    }
    Stage<C> before = current;
    if (before != null) {
      before.isLeft = true;
    }
    current = stage;
    if (stage.limitNanos == Long.MAX_VALUE) {
      endsAtNanos = Long.MAX_VALUE;
      limit.cancel();
    } else {
      endsAtNanos = loop().nanoTime() + stage.limitNanos;
      limit.start(stage.limitNanos);
    }
  }

  private <R> R step(Stage<C> stage, Callable<R> body) {
    checkCurrent(stage);
    if (stepping != null) {
      throw new IllegalStateException("a step of " + name() + " is under way already");
    }
    stepping = stage;
    boolean isFailed = true;
    try {
      R result = inTime(stage, body);
      if (result instanceof Stage<?> next && next.conversation == this && next != stage) {
        @SuppressWarnings("unchecked") // of this conversation
        Stage<C> mine = (Stage<C>) next;
        enter(mine);
      }
      isFailed = false;
      return result;
    } catch (RefusedException e) {
      isFailed = false;
      throw e;
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(stage + " of " + name() + " failed", e);
    } finally {
      stepping = null;
      if (isFailed && phase == Phase.TALKING) {
        end(Phase.FAILED);
      }
    }
  }

  private <R> R inTime(Stage<C> stage, Callable<R> body) throws Exception {
    if (endsAtNanos == Long.MAX_VALUE) {
      return body.call();
    }
    long leftNanos = endsAtNanos - loop().nanoTime();
    if (leftNanos <= 0) {
      throw new IllegalStateException(stage.late());
    }
    return Cancellation.within(Duration.ofNanos(leftNanos), body);
  }

  private void checkCurrent(Stage<C> stage) {
    checkOnLoop();
    if (phase != Phase.TALKING) {
      throw new IllegalStateException(
          stage + " of " + name() + " can't be used: the conversation has " + describe(phase));
    }
    if (stage != current) {
      throw new IllegalStateException(
          stage + " of " + name() + " can't be used any more: the state is " + current);
    }
  }

  private String describe(Phase how) {
    return switch (how) {
      case TALKING -> "not ended";
      case RELEASED -> "given its connection away";
      case FAILED -> "failed, and its connection is closed";
      case ENDED -> "ended";
    };
  }

  // ---- the end

  private void end(Phase how) {
    phase = how;
    close();
  }

  /** Nobody has stepped on in time; a step that is under way is told by its own limit. */
  private void expired() {
    if (phase == Phase.TALKING && stepping == null) {
      phase = Phase.FAILED;
      closeSoon();
    }
  }

  @Override
  protected void closing() {
    if (phase == Phase.TALKING) {
      phase = Phase.ENDED;
    }
    limit.cancel();
    Stage<C> last = current;
    if (last != null) {
      last.isLeft = true;
    }
    current = null;
    if (phase != Phase.RELEASED) {
      requestCallback(); // closing the connection may park
    } else {
      released();
    }
  }

  @Override
  protected void callback() throws Exception {
    try {
      closer.close(connection, phase == Phase.FAILED);
    } finally {
      if (state() == State.CLOSING) {
        released();
      }
    }
  }

  @Override
  protected void aborting() {
    limit.cancel();
    current = null;
    released();
  }

  @Override
  public String kind() {
    return "conversation";
  }

  /** The state, so that the list of handles shows it. */
  @Override
  protected @Nullable String addressText() {
    Stage<C> now = current;
    String where = connection instanceof Handle handle ? " with " + handle.name() : "";
    return (now == null ? describe(phase) : "in " + now) + where;
  }

  @Override
  public int pendingOperations() {
    return 0;
  }

  private static final class Limit extends Timeout {
    private final Conversation<?> conversation;

    Limit(Conversation<?> conversation) {
      super(conversation);
      this.conversation = conversation;
    }

    @Override
    protected void expired() {
      conversation.expired();
    }
  }

  /** One state of a protocol: extend it, best by the types of a sealed interface. */
  public abstract static class Stage<C> {
    private final Conversation<C> conversation;
    private final long limitNanos;
    private boolean isLeft;

    /**
     * @param limit how long the conversation may stay in this state; zero is for ever
     */
    protected Stage(Conversation<C> conversation, Duration limit) {
      if (limit.isNegative()) {
        throw new IllegalArgumentException("limit is " + limit + ": must not be negative");
      }
      this.conversation = conversation;
      this.limitNanos = limit.isZero() ? Long.MAX_VALUE : TimeUnit.NANOSECONDS.convert(limit);
    }

    /** For the next state. */
    protected final Conversation<C> conversation() {
      return conversation;
    }

    /**
     * The connection.
     *
     * @throws IllegalStateException if this is not the state any more
     */
    protected final C connection() {
      conversation.checkCurrent(this);
      return conversation.connection;
    }

    /**
     * Does something within the limit of this state. If {@code body} returns another state, that is
     * the state from now on.
     *
     * @throws IllegalStateException if this is not the state any more
     * @throws DeadlineExceededException if the limit passes meanwhile; the connection is closed
     *     then
     * @throws RefusedException if the body does: nothing has changed
     */
    protected final <R> R step(Callable<R> body) {
      return conversation.step(this, body);
    }

    /** Ends the conversation and gives the connection back, open. */
    public final C release() {
      conversation.checkCurrent(this);
      conversation.end(Phase.RELEASED);
      return conversation.connection;
    }

    /** Ends the conversation and closes the connection in order. */
    public final void close() {
      conversation.checkCurrent(this);
      conversation.end(Phase.ENDED);
    }

    private String late() {
      return this + " is over its limit of " + TimeUnit.NANOSECONDS.toMillis(limitNanos) + " ms";
    }

    /** The name of the state, for reports. */
    @Override
    public String toString() {
      return getClass().getSimpleName();
    }
  }
}

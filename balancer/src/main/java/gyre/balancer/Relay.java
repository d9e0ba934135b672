package gyre.balancer;

import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Fiber;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.io.OutputFullException;
import gyre.io.PoolExhaustedException;
import gyre.net.MemoryShedException;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Passes on what a client and a target send to each other, as it is: blocks move and are not
 * copied, a side that is slow is waited for by the other, the end of a direction is passed on as
 * such while the other goes on, and a reset as a reset.
 *
 * <p>It works by callbacks: most connections are idle most of the time, and then have no fiber,
 * whose stack would be most of the memory that they take. Its limits of time are looked after by a
 * {@link RelayWatch}.
 */
abstract class Relay {
  /** How a relay has ended. */
  enum End {
    /** Both directions have ended, in order. */
    DONE,
    CLIENT_BROKE,
    TARGET_BROKE,
    /** Nothing moved for too long. */
    IDLE,
    /** One direction had ended, and nothing moved in the other for too long. */
    HALF_CLOSED,
    /** It went on for too long. */
    LIFETIME,
    /** The balancer stopped, and the time for connections to end was over. */
    STOPPED,
    /** There was no memory to pass more on. */
    SHED;

    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final Direction toTarget;
  private final Direction toClient;
  private final RelayWatch watch;

  private @Nullable End end;

  // ---- of its watch: what had moved when it was last looked, and since when nothing has

  long seen;
  long quietSinceNanos;
  final long startNanos;
  @Nullable Relay next;
  @Nullable Relay previous;

  /** Both streams belong to the relay from {@link #start} on. */
  Relay(ByteStream client, ByteStream target, RelayWatch watch) {
    this.toTarget = new Direction(client);
    this.toClient = new Direction(target);
    this.watch = watch;
    this.startNanos = watch.nanoTime();
    this.quietSinceNanos = startNanos;
  }

  /** Called once, when both streams are closed or about to be. */
  abstract void ended(End how);

  final long bytesToTarget() {
    return toTarget.bytes;
  }

  final long bytesToClient() {
    return toClient.bytes;
  }

  /** In a fiber, which may end then. Where this throws, the relay has ended. */
  final void start() {
    boolean isStarted = false;
    try {
      watch.add(this);
      toTarget.from.onData(toTarget);
      toClient.from.onData(toClient);
      isStarted = true;
    } catch (ClosedException e) {
      // Nobody but the end of the server closes them.
    } finally {
      if (!isStarted) {
        stop(End.STOPPED);
      }
    }
  }

  /** Grows whenever something is passed on or leaves one of the streams, and with each end. */
  final long progress() {
    return toTarget.progress() + toClient.progress();
  }

  final boolean isHalfClosed() {
    return toTarget.phase != Phase.PASSING || toClient.phase != Phase.PASSING;
  }

  /** The first reason counts. Resets both, so that no peer takes a part for the whole. */
  final void stop(End why) {
    if (end == null) {
      finish(why, ByteStream::reset);
    }
  }

  private void directionEnded() {
    if (end == null && toTarget.phase == Phase.ENDED && toClient.phase == Phase.ENDED) {
      finish(End.DONE, ByteStream::close);
    }
  }

  /** The target comes first: who waits for a place there is told when this one is given up. */
  private void finish(End why, Consumer<ByteStream> closing) {
    assert end == null : "a relay ends by " + end + ", and then by " + why;
    end = why;
    watch.remove(this);
    try {
      closing.accept(toClient.from);
    } finally {
      try {
        closing.accept(toTarget.from);
      } finally {
        ended(why);
      }
    }
  }

  // ---- bytes

  private enum Phase {
    PASSING(0),
    /** All has come, and is being sent. */
    FLUSHING(1),
    /** All is with the kernel, and so is the end. */
    ENDED(2);

    /** How much each is ahead of the first. */
    final int step;

    Phase(int step) {
      this.step = step;
    }
  }

  /** What one side sends, on its way to the other. */
  private final class Direction implements DataHandler {
    final ByteStream from;
    long bytes;
    Phase phase = Phase.PASSING;

    Direction(ByteStream from) {
      this.from = from;
    }

    private ByteStream to() {
      return other().from;
    }

    private Direction other() {
      return this == toTarget ? toClient : toTarget;
    }

    /** Grows with what is passed on, with what leaves, and with the end. */
    long progress() {
      return 2 * bytes - to().pendingOutputBytes() + phase.step;
    }

    private End fromBroke() {
      return this == toTarget ? End.CLIENT_BROKE : End.TARGET_BROKE;
    }

    @Override
    public boolean isAnswering() {
      return false;
    }

    /** A side that is full is waited for by the stream that this is called for. */
    @Override
    public void onData(ByteQueue in) {
      bytes += in.size();
      write(() -> to().write(in));
    }

    @Override
    public void onEnd(ByteStream stream) {
      write(to()::shutdownOutput);
      if (end != null) {
        return;
      }
      phase = Phase.FLUSHING;
      if (to().pendingOutputBytes() == 0) {
        ended();
      } else {
        Fiber<?> ignored = Fiber.start("tail", this::flush);
      }
    }

    /** Under the limits of time here: closing would give it some seconds alone. */
    private void flush() {
      write(to()::flush);
      if (end == null) {
        ended();
      }
    }

    private void ended() {
      phase = Phase.ENDED;
      directionEnded();
    }

    private void write(Runnable how) {
      try {
        how.run();
      } catch (ClosedException e) {
        stop(End.STOPPED); // unless it is known why
      } catch (CancelledException e) {
        stop(End.STOPPED);
        throw e;
      } catch (PoolExhaustedException | OutputFullException | MemoryShedException e) {
        stop(End.SHED);
      } catch (IoException e) {
        stop(other().fromBroke());
      }
    }

    @Override
    public void onFailure(ByteStream stream, IoException failure) {
      stop(failure instanceof MemoryShedException ? End.SHED : fromBroke());
    }

    /** By nobody here, if it is no news: as the server ends. */
    @Override
    public void onClosed(ByteStream stream) {
      stop(End.STOPPED);
    }

    @Override
    public void onIdleEnd(ByteStream stream) {
      // A connection is busy until it ends by itself, or the time to stop is over.
    }
  }
}

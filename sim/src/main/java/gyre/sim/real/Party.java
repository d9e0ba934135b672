package gyre.sim.real;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Fiber;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.io.OutputFullException;
import gyre.io.PoolExhaustedException;
import gyre.net.NetworkTimeoutException;
import gyre.net.SocketStream;
import gyre.sim.real.Plan.Ending;
import gyre.sim.real.Plan.Style;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** One end of a connection at work: a fiber that writes, and one that reads or a handler. */
final class Party implements DataHandler {
  private static final int ANSWER_BYTES = 400;
  private static final int ANSWERS_BYTES = 20_000;
  private static final int MOST_LEFT_BYTES = 40;
  private static final int MOST_SLOW_READS = 300;
  private static final int MOST_REFUSALS = 5_000;
  private static final long PARKED_NANOS = 200_000;

  private final Run run;
  private final Connection connection;
  private final Plan.End plan;
  private final SocketStream stream;
  private final Flow out;
  private final Flow in;
  private final byte[] scratch = new byte[64 * 1024];
  private final Fiber<?> owner = Fiber.current();
  private long answered;
  private int calls;
  private boolean hasWritten;
  private boolean hasReadAll;
  private boolean isClosed;

  Party(Run run, Connection connection, Plan.End plan, SocketStream stream, boolean isRight) {
    this.run = run;
    this.connection = connection;
    this.plan = plan;
    this.stream = stream;
    this.out = connection.flow(isRight);
    this.in = connection.flow(!isRight);
  }

  /** Returns when this end is through; the stream may be closing. */
  void play() {
    stream.rename("connection " + connection.number());
    try (Scope scope = Scope.open("end of " + connection.number())) {
      if (plan.ending() != Ending.POLITE) {
        scope.start("ending", () -> end(scope));
      }
      if (plan.style() != Style.ANSWER) {
        scope.start("writer", () -> tolerate(this::writeOrClose));
      }
      if (plan.style() == Style.DIRECT) {
        scope.start("reader", () -> tolerate(this::read));
      } else {
        tolerate(() -> stream.onData(this));
        tolerate(this::awaitClosed);
      }
      tolerate(scope::join);
    } catch (CancelledException e) {
      if (!connection.mayBreak()) {
        throw e;
      }
    }
    if (!hasReadAll) {
      connection.breakSoon();
    }
    stream.close();
  }

  private void end(Scope scope) {
    pause(plan.endMicros());
    connection.breakSoon();
    switch (plan.ending()) {
      case CLOSE -> {
        out.endsSoon();
        stream.close();
      }
      case RESET -> stream.reset();
      case CANCEL -> {
        out.endsSoon();
        scope.cancel("as planned");
      }
      case POLITE -> throw new AssertionError();
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  /** What goes wrong because of what one of both ends did on purpose is no failure. */
  private void tolerate(Work work) {
    try {
      work.run();
    } catch (IoException | ClosedException | CancelledException e) {
      if (!connection.mayBreak() && !run.isOver()) {
        run.failed("connection " + connection.number() + " broke", e);
      }
    } catch (PoolExhaustedException | OutputFullException e) {
      connection.breakSoon();
      stream.reset();
    } catch (Throwable e) {
      run.failed("connection " + connection.number(), e);
    }
  }

  private static void pause(int micros) {
    Fiber.sleep(Duration.ofNanos(micros * 1_000L));
  }

  // ---- writing

  /** Nobody writes any more whose write has failed. */
  private void writeOrClose() throws Exception {
    boolean isDone = false;
    try {
      write();
      isDone = true;
    } finally {
      if (!isDone && connection.mayBreak()) {
        stream.reset();
      }
    }
  }

  private void write() throws Exception {
    for (Step step : plan.writes()) {
      write(step);
    }
    hasWritten = true;
    out.endsSoon();
    if (plan.style() == Style.PUSH && hasReadAll) {
      stream.close();
    } else {
      stream.shutdownOutput();
    }
  }

  private void write(Step step) throws Exception {
    switch (step.kind()) {
      case ARRAY -> array(step.bytes() % 512 + 1);
      case COPY -> copy(ByteBuffer.wrap(out.next(0, step.bytes())));
      case SEGMENTS -> segments(step);
      case FLUSH -> stream.flush();
      case CANCELLED_WRITE -> cancelled(step);
      case WAKE -> run.wakeOthers();
      case PAUSE -> pause(step.micros());
      default -> Fiber.yield();
    }
  }

  private void array(int length) {
    byte[] bytes = out.next(0, length);
    out.writes(length);
    stream.write(bytes);
    out.wrote(length);
  }

  /** A pool that is full for the moment is no failure: what it refused was not written. */
  private void copy(ByteBuffer bytes) {
    for (int i = 0; bytes.hasRemaining(); i++) {
      int before = bytes.position();
      out.writes(bytes.remaining());
      try {
        stream.write(bytes);
      } catch (PoolExhaustedException e) {
        if (i == MOST_REFUSALS) {
          throw e;
        }
        pause(500);
      } finally {
        out.wrote(bytes.position() - before);
      }
    }
  }

  private void cancelled(Step step) throws Exception {
    ByteBuffer bytes = ByteBuffer.wrap(out.next(0, step.bytes()));
    cancel(step.micros(), () -> copy(bytes));
  }

  /** What is cancelled may also have been done. */
  private static void cancel(int micros, Work work) throws Exception {
    Cancellation before = Cancellation.current();
    try {
      Cancellation.within(Duration.ofNanos(micros * 1_000L), work::run);
    } catch (CancelledException e) {
      before.check();
    }
  }

  private void segments(Step step) {
    try (ByteQueue queue = stream.input().sibling()) {
      fill(queue, step.bytes(), step.pieces());
      long size = queue.size();
      out.writes(size);
      try {
        stream.write(queue);
      } finally {
        out.wrote(size - queue.size());
      }
    } catch (PoolExhaustedException e) {
      pause(500); // it may be another time
    }
  }

  private void fill(ByteQueue queue, int bytes, int pieces) {
    for (int i = 0; i < pieces; i++) {
      byte[] piece = out.next((int) queue.size(), bytes);
      if (i % 2 == 0) {
        queue.append(piece);
      } else {
        ByteBuffer lent = connection.lend(piece);
        queue.appendReference(lent, () -> run.check(() -> connection.giveBack(lent)));
      }
    }
  }

  // ---- reading by a fiber

  private void read() throws Exception {
    for (int i = 0; !hasReadAll; i++) {
      Step step = plan.reads().get(i % plan.reads().size());
      try {
        if (i < MOST_SLOW_READS) {
          read(step);
        } else {
          readSome(scratch.length); // or a program would last for minutes
        }
      } catch (NetworkTimeoutException e) {
        if (plan.options().readTimeout().isZero()) {
          throw e;
        }
      }
    }
    in.receiveEnd();
  }

  private void read(Step step) throws Exception {
    switch (step.kind()) {
      case READ -> readSome(step.bytes());
      case CANCELLED_READ -> cancel(step.micros(), () -> readSome(step.bytes()));
      case AWAIT -> readAll(step.bytes());
      case KEEP -> keep(step);
      case PAUSE -> pause(step.micros());
      default -> Fiber.yield();
    }
  }

  private void readSome(int most) {
    ByteBuffer buffer = ByteBuffer.wrap(scratch, 0, most);
    int count = stream.read(buffer);
    if (count < 0) {
      hasReadAll = true;
    } else {
      in.receive(scratch, count);
    }
  }

  private void readAll(int bytes) {
    hasReadAll = !stream.await(bytes);
    take(stream.input());
  }

  private void take(ByteQueue queue) {
    while (!queue.isEmpty()) {
      in.receive(scratch, queue.read(scratch, 0, scratch.length));
    }
  }

  /** Keeps received bytes a while, in a queue of its own. */
  private void keep(Step step) {
    hasReadAll = !stream.await(1);
    try (ByteQueue kept = stream.input().sibling()) {
      kept.append(stream.input(), Math.min(step.bytes(), stream.input().size()));
      try {
        pause(step.micros() % 500);
      } finally {
        take(kept);
      }
    }
    if (hasReadAll) {
      take(stream.input());
    }
  }

  // ---- reading by callbacks

  @Override
  public void onData(ByteQueue queue) {
    run.check(() -> {
      long most = queue.size();
      boolean leavesSome = ++calls % 5 == 0 && most > MOST_LEFT_BYTES && !connection.isAwaited();
      long left = leavesSome ? MOST_LEFT_BYTES : 0;
      while (queue.size() > left) {
        int length = (int) Math.min(scratch.length, queue.size() - left);
        in.receive(scratch, queue.read(scratch, 0, length));
      }
      if (plan.style() == Style.ANSWER && answered < ANSWERS_BYTES && stream.isOpen()) {
        tolerate(() -> answer(1 + (int) (most % ANSWER_BYTES)));
      } else if (calls % 11 == 0) {
        LockSupport.parkNanos(PARKED_NANOS); // as for a lock
      } else if (calls % 7 == 0 && stream.isOpen()) {
        stream.pauseInput();
        stream
            .owner()
            .start(
                "resume",
                () -> {
                  Fiber.yield();
                  if (stream.isOpen()) {
                    stream.resumeInput();
                  }
                });
      }
    });
  }

  private void answer(int length) {
    answered += length;
    try (ByteQueue queue = stream.input().sibling()) {
      fill(queue, length, calls % 3 + 1);
      long size = queue.size();
      out.writes(size);
      stream.write(queue);
      out.wrote(size);
    }
  }

  @Override
  public void onEnd(ByteStream ended) {
    run.check(() -> {
      take(ended.input());
      in.receiveEnd();
      hasReadAll = true;
      if (plan.style() == Style.ANSWER) {
        out.endsSoon();
        ended.close();
      } else if (hasWritten) {
        ended.close();
      }
    });
  }

  @Override
  public void onFailure(ByteStream broken, IoException failure) {
    tolerate(() -> {
      throw failure;
    });
  }

  @Override
  public void onClosed(ByteStream closed) {
    isClosed = true;
    owner.unpark();
  }

  private void awaitClosed() {
    while (!isClosed) {
      Fiber.park();
    }
  }
}

package gyre.process;

import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Scope;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.spi.Internals;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One run of commands, each of which reads what the one before it writes. */
final class Running {
  private static final int NONE = -1;

  /** What was written before the end takes this long at least to be given up. */
  private static final Duration LEAST_OUTPUT_WAIT = Duration.ofSeconds(1);

  private final List<Command> commands;
  private final List<ChildProcess> children = new ArrayList<>();
  private final List<Fiber<?>> drains = new ArrayList<>();
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final List<ByteArrayOutputStream> errors = new ArrayList<>();
  private boolean isGivenUp;

  /** Of a fiber that helps, which cancels the one that waits. */
  private @Nullable IoException failure;

  private Running(List<Command> commands) {
    this.commands = commands;
  }

  /**
   * @param isFed whether the first gets {@code input}
   */
  static CommandResult run(List<Command> commands, byte[] input, boolean isFed) {
    Running running = new Running(commands);
    try {
      return running.run(input, isFed);
    } catch (CancelledException cancelled) {
      IoException cause = running.failure; // a helper that fails cancels the scope
      if (cause instanceof OutputLimitException tooLong) {
        tooLong.collected(running.collected());
      }
      if (cause != null) {
        throw cause;
      }
      throw cancelled;
    } catch (ProcessException failed) {
      failed.collected(running.collected());
      throw failed;
    }
  }

  private CommandResult run(byte[] input, boolean isFed) {
    try (Scope scope = Scope.open(commands.getFirst().program())) {
      start(scope);
      ChildProcess first = children.getFirst();
      if (first.has(0)) {
        Fiber<?> ignored =
            scope.start("feed", () -> feed(first.stdin(), isFed ? input : new byte[0]));
      }
      drainAll(scope);
      CommandResult result = await();
      for (ChildProcess child : children) {
        child.close(); // who of its group is left goes too
      }
      scope.join();
      return result;
    }
  }

  private void start(Scope scope) {
    Engine engine = Internals.engineToOpenIn(scope);
    int input = NONE;
    try {
      for (int i = 0; i < commands.size(); i++) {
        Command command = commands.get(i);
        int[] two = {NONE, NONE};
        if (i < commands.size() - 1) {
          int result = engine.pipes().pipe(two);
          if (result < 0) {
            throw ProcessException.ofStart(command, result);
          }
        }
        int readsFrom = input;
        input = two[0];
        children.add(Starting.start(command, scope, readsFrom, two[1], input));
      }
    } finally {
      if (input != NONE) {
        engine.sockets().close(input);
      }
    }
  }

  /** One that does not want all of its input is left in peace. */
  private void feed(ByteStream stdin, byte[] input) {
    try {
      stdin.write(input);
      stdin.flush();
      stdin.close();
    } catch (IoException failed) {
      if (failed.errno() != Errno.EPIPE.number()) {
        failure = failed;
        throw failed;
      }
    } catch (ClosedException ended) {
      // The child has ended, and its streams with it.
    }
  }

  private void drainAll(Scope scope) {
    for (ChildProcess child : children) {
      ByteArrayOutputStream into = new ByteArrayOutputStream();
      errors.add(into);
      if (child.has(2)) {
        drains.add(scope.start("errors", () -> drain(child, child.stderr(), into)));
      }
      if (child.hasTerminal()) { // a full one would hold up the child
        boolean isOutput = child == children.getLast() && !child.has(1);
        ByteArrayOutputStream from = isOutput ? output : into;
        drains.add(scope.start("terminal", () -> drain(child, child.terminal(), from)));
      }
    }
    ChildProcess last = children.getLast();
    if (last.has(1)) {
      drains.add(scope.start("output", () -> drain(last, last.stdout(), output)));
    }
  }

  private void drain(ChildProcess child, ByteStream from, ByteArrayOutputStream into) {
    int limit = child.command().outputLimitBytes();
    try {
      while (from.await(1)) {
        int room = limit - into.size();
        int length = (int) from.input().size();
        into.writeBytes(from.input().take(Math.min(length, room)));
        if (length > room) {
          throw new OutputLimitException(child.command(), limit);
        }
      }
    } catch (IoException failed) {
      failure = failed;
      throw failed;
    } catch (ClosedException closed) {
      if (!isGivenUp) {
        throw closed;
      }
    }
  }

  private CommandResult await() {
    List<ChildExit> exits = new ArrayList<>();
    try {
      for (ChildProcess child : children) {
        exits.add(child.await());
      }
    } catch (ProcessException failed) {
      boolean ignored = awaitOutputs(); // what it wrote to its end is told with the failure
      throw failed;
    }
    boolean isComplete = awaitOutputs();
    isGivenUp = true;
    CommandOutput collected = collected();
    return new CommandResult(exits, collected.stdout(), collected.errors(), isComplete);
  }

  private CommandOutput collected() {
    return new CommandOutput(
        output.toByteArray(), errors.stream().map(ByteArrayOutputStream::toByteArray).toList());
  }

  /** All have ended: what they wrote is there, but others may keep the pipes open. */
  private boolean awaitOutputs() {
    Duration grace = commands.getLast().grace();
    Deadline deadline =
        Deadline.in(grace.compareTo(LEAST_OUTPUT_WAIT) < 0 ? LEAST_OUTPUT_WAIT : grace);
    for (Fiber<?> drain : drains) {
      if (drain.isAlive() && Fiber.awaitFirst(drain.end(), deadline) == deadline) {
        return false;
      }
    }
    return true;
  }
}

package gyre.process;

import gyre.Scope;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.io.ByteSink;
import gyre.io.ByteSource;
import gyre.io.ByteStream;
import gyre.io.PipeOptions;
import gyre.spi.Internals;
import gyre.stream.DescriptorException;
import gyre.stream.DescriptorStream;

/**
 * The standard input, output and errors of this program as streams, whatever they are: pipes,
 * files, terminals, {@code /dev/null}. Reading parks a fiber, and never holds up the loop.
 *
 * <pre>{@code
 * try (ByteStream in = StandardStreams.input(); ByteStream out = StandardStreams.output()) {
 *   for (String line = in.readLine(8192); line != null; line = in.readLine(8192)) {
 *     out.write(line.toUpperCase(Locale.ROOT) + "\n");
 *   }
 * }
 * }</pre>
 *
 * <p>Each call opens one more stream, in the current scope. It has a descriptor of its own: {@code
 * System.in} and {@code System.out} stay open when it is closed. How the descriptors are set is
 * left alone, since the shell has the same terminal. What an input has read ahead is seen by nobody
 * else, so use either that or {@code System.in}. What {@code System.out} and an output write comes
 * in the order of the calls only where both are flushed.
 *
 * <p>An {@link #input} can only be read from, the other two only be written to. With io_uring and
 * epoll; elsewhere use {@code System.in} in {@link gyre.Fiber#offload}.
 */
public final class StandardStreams {
  private static final int INPUT = 0;
  private static final int OUTPUT = 1;
  private static final int ERRORS = 2;
  private static final int NONE = -1;

  private StandardStreams() {}

  /**
   * What this program reads: a {@link ByteSource}.
   *
   * @throws gyre.io.IoException with {@code EBADF} if this program was started without
   */
  public static ByteStream input() {
    return input(PipeOptions.defaults());
  }

  /** As {@link #input()}, with limits of its own. */
  public static ByteStream input(PipeOptions options) {
    Scope scope = Scope.current();
    int descriptor = open(scope, INPUT, "standard input");
    DescriptorStream stream =
        new DescriptorStream(scope, "standard-input", null, descriptor, NONE, options);
    stream.endsByError();
    return stream;
  }

  /**
   * What this program writes: a {@link ByteSink}.
   *
   * @throws gyre.io.IoException with {@code EBADF} if this program was started without
   */
  public static ByteStream output() {
    return output(PipeOptions.defaults());
  }

  /** As {@link #output()}, with limits of its own. */
  public static ByteStream output(PipeOptions options) {
    Scope scope = Scope.current();
    int descriptor = open(scope, OUTPUT, "standard output");
    return new DescriptorStream(scope, "standard-output", null, NONE, descriptor, options);
  }

  /**
   * What this program writes its errors to: a {@link ByteSink}.
   *
   * @throws gyre.io.IoException with {@code EBADF} if this program was started without
   */
  public static ByteStream errors() {
    return errors(PipeOptions.defaults());
  }

  /** As {@link #errors()}, with limits of its own. */
  public static ByteStream errors(PipeOptions options) {
    Scope scope = Scope.current();
    int descriptor = open(scope, ERRORS, "standard errors");
    return new DescriptorStream(scope, "standard-errors", null, NONE, descriptor, options);
  }

  private static int open(Scope scope, int number, String name) {
    Engine engine = Internals.engineToOpenIn(scope);
    int result = engine.pipes().standard(number);
    if (result == Errno.EBADF.negated()) {
      throw DescriptorException.of(
          "open", name, result, "this program was started with it closed: give it /dev/null");
    }
    if (result < 0) {
      throw DescriptorException.of("open", name, result);
    }
    return result;
  }
}

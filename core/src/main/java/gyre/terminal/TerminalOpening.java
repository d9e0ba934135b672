package gyre.terminal;

import gyre.Scope;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.TerminalCalls;
import gyre.engine.kernel.KernelSockets;
import gyre.engine.kernel.KernelTerminal;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the terminal of this program and opens it. What is open so far is closed again if something
 * fails.
 *
 * <p>Output goes where standard output goes. If that is a terminal, a new description of it is
 * opened, through {@code /proc/self/fd} or else {@code /dev/tty}: it must not wait, and the one
 * that was inherited is shared with the shell. Input comes from standard input if that is a
 * terminal, or from the controlling terminal, so that {@code producer | program} has keys.
 */
final class TerminalOpening {
  private static final int STANDARD_INPUT = 0;
  private static final int STANDARD_OUTPUT = 1;
  private static final String CONTROLLING = "/dev/tty";

  private final Supplier<TerminalCalls> ways;
  private final TerminalCalls calls;
  private final boolean isReal;
  private final TerminalOptions options;
  private String device = CONTROLLING;
  private int input = -1;
  private int output = -1;
  private boolean isInherited;
  private boolean isInputInherited;
  private @Nullable TerminalMode mode;

  private TerminalOpening(Supplier<TerminalCalls> ways, boolean isReal, TerminalOptions options) {
    this.ways = ways;
    this.isReal = isReal;
    this.calls = ways.get();
    this.options = options;
  }

  static TerminalOpening open(Engine engine, TerminalOptions options) {
    Supplier<TerminalCalls> ways = engine.terminals();
    if (ways == null && engine.sockets() instanceof KernelSockets) {
      ways = KernelTerminal::new;
    }
    if (ways == null) {
      throw TerminalException.of(
          "open",
          "the terminal",
          "the engine "
              + engine.name()
              + " can't wait for terminals: take io_uring or epoll, by LoopOptions.engine or"
              + " -Dgyre.engine, and allow native access");
    }
    boolean isReal = engine.terminals() == null;
    TerminalOpening opening = new TerminalOpening(ways, isReal, options);
    try {
      opening.find();
      opening.read();
      return opening;
    } catch (Throwable e) {
      opening.abandon();
      throw e;
    }
  }

  private void find() {
    Path given = options.device().orElse(null);
    if (given != null) {
      device = given.toString();
      output = open(device);
      input = open(device);
    } else if (calls.isTerminal(STANDARD_OUTPUT)) {
      output = reopen(STANDARD_OUTPUT);
      input = calls.isTerminal(STANDARD_INPUT) ? reopen(STANDARD_INPUT) : open(CONTROLLING);
    } else {
      device = "standard output";
      isInherited = true;
      isInputInherited = true;
      output = duplicate(STANDARD_OUTPUT);
      input = duplicate(STANDARD_INPUT);
    }
  }

  private int reopen(int standard) {
    int descriptor = calls.open("/proc/self/fd/" + standard);
    return descriptor >= 0 ? descriptor : open(CONTROLLING);
  }

  private int open(String path) {
    int descriptor = calls.open(path);
    if (descriptor < 0) {
      throw TerminalException.of("open", path, descriptor);
    }
    if (!calls.isTerminal(descriptor)) {
      calls.close(descriptor);
      throw TerminalException.of("open", path, Errno.ENOTTY.negated());
    }
    return descriptor;
  }

  private int duplicate(int descriptor) {
    int duplicate = calls.duplicate(descriptor);
    if (duplicate < 0) {
      throw TerminalException.of("open", "standard stream " + descriptor, duplicate);
    }
    return duplicate;
  }

  /** How it is set, to come back to. Nothing is changed yet. */
  private void read() {
    if (isInherited || options.isDumb()) {
      return;
    }
    byte[] settings = calls.settings(input);
    if (settings == null) {
      throw TerminalException.of("read the settings of", device, Errno.ENOTTY.negated());
    }
    mode = new TerminalMode(isReal ? device : "", ways, input, output, settings, options);
  }

  Terminal finish(Scope owner, TerminalOptions chosen) {
    try {
      return new Terminal(owner, this, chosen);
    } catch (Throwable e) {
      abandon();
      throw e;
    }
  }

  private void abandon() {
    if (output >= 0) {
      calls.close(output);
    }
    if (input >= 0) {
      calls.close(input);
    }
  }

  TerminalCalls calls() {
    return calls;
  }

  String device() {
    return device;
  }

  int input() {
    return input;
  }

  int output() {
    return output;
  }

  boolean isInherited() {
    return isInherited;
  }

  boolean isInputInherited() {
    return isInputInherited;
  }

  @Nullable TerminalMode mode() {
    return mode;
  }

  /** Null for what understands no sequences. */
  @Nullable FrameEncoder encoder() {
    return mode == null ? null : FrameEncoder.of(options.colorDepth(), true);
  }
}

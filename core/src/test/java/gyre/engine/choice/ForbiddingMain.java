package gyre.engine.choice;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.EngineUnavailable;
import gyre.sys.CallState;
import gyre.sys.LinuxProcess;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Forbids system calls to itself, then opens an engine, lets it turn once and says which it got:
 * its arguments are the engine to ask for, and what to forbid.
 */
public final class ForbiddingMain {
  private static final int EPERM = 1;

  /** The number on all architectures. */
  private static final int SYS_IO_URING_SETUP = 425;

  private ForbiddingMain() {}

  public static void main(String[] arguments) {
    @SuppressWarnings("SystemOut") // a program that speaks to its parent
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (int i = 1; i < arguments.length; i++) {
      if (!arguments[i].equals("io_uring")) {
        throw new IllegalArgumentException(arguments[i]);
      }
      int result = LinuxProcess.forbid(new CallState(), EPERM, SYS_IO_URING_SETUP);
      if (result < 0) {
        throw new IllegalStateException("seccomp: " + result);
      }
    }
    try {
      EngineChoice choice = Engines.open(arguments[0], EngineOptions.defaults());
      Engine engine = choice.engine();
      engine.wake();
      engine.await(Engine.FOREVER);
      engine.close();
      out.println(choice.explanation());
    } catch (EngineUnavailable unavailable) {
      out.println("unavailable: " + unavailable.getMessage());
    } catch (IllegalArgumentException invalid) {
      out.println("invalid: " + invalid.getMessage());
    }
  }
}

package gyre.sim.real;

import org.jspecify.annotations.Nullable;

/** What went wrong in a run of a program. */
record Failure(Program program, String what, @Nullable Throwable cause) {
  String text() {
    return cause == null ? what : what + ": " + cause.getMessage();
  }
}

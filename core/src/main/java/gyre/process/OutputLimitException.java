package gyre.process;

import gyre.io.LimitExceededException;
import org.jspecify.annotations.Nullable;

/** A command has written more than {@link Command#outputLimitBytes} to one of its outputs. */
public final class OutputLimitException extends LimitExceededException {
  private static final long serialVersionUID = 1L;

  private transient @Nullable CommandOutput output;

  OutputLimitException(Command command, int limitBytes) {
    super(
        "run",
        command.toString(),
        "it writes more than outputLimitBytes, " + limitBytes + ": raise that, or use start()");
  }

  void collected(CommandOutput collected) {
    output = collected;
  }

  /** What was collected until then: of the one that was too long, the first so many bytes. */
  public CommandOutput output() {
    CommandOutput collected = output;
    if (collected == null) {
      throw new IllegalStateException("the output does not survive serialization");
    }
    return collected;
  }
}

package gyre.process;

import java.util.ArrayList;
import java.util.List;

/**
 * Commands of which each reads what the one before it writes, through a pipe of the kernel: no byte
 * of it passes through this program. Immutable.
 */
public final class Pipeline {
  private final List<Command> commands;

  Pipeline(List<Command> commands) {
    this.commands = List.copyOf(commands);
  }

  /** One command more at the end. */
  public Pipeline pipeTo(Command next) {
    List<Command> more = new ArrayList<>(commands);
    more.add(next);
    return new Pipeline(more);
  }

  /** Runs all of them to their ends. See {@link Command#run}. */
  public CommandResult run() {
    return Running.run(commands, new byte[0], false);
  }

  /** As {@link #run}, with {@code input} for the first of them. */
  public CommandResult transform(byte[] input) {
    List<Command> fed = new ArrayList<>(commands);
    fed.set(0, fed.getFirst().stdin(Stdio.PIPE));
    return Running.run(fed, input, true);
  }
}

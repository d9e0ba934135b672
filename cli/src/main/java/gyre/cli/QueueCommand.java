package gyre.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gyre queue}: the durable queue. */
@Command(
    name = "queue",
    description = "A durable queue: entries are files, done once, in order of priority.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      QueueWork.class,
      QueueEnqueue.class,
      QueueStatus.class,
      QueueList.class,
      QueueSearch.class,
      QueueShow.class,
      QueueRetry.class,
      QueueDiscard.class,
      QueueDead.class,
      QueuePause.class,
      QueueResume.class,
      QueueDrain.class,
      QueueCheck.class,
      QueueDoctor.class,
      QueueBench.class,
      QueueDashboard.class,
      QueueDemo.class
    })
final class QueueCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "a command is missing; commands: " + String.join(", ", spec.subcommands().keySet()));
  }
}

package gyre.cli;

import gyre.queue.Worker;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue check}: whether a configuration is right. */
@Command(
    name = "check",
    description = "Reads a configuration as a worker would, and lists its handlers.",
    mixinStandardHelpOptions = true)
final class QueueCheck implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "Default: ${DEFAULT-VALUE}",
      defaultValue = ".hive-mind/queue/queue.toml")
  private Path file = Path.of(".hive-mind/queue/queue.toml");

  @Option(
      names = "--class-path",
      paramLabel = "JAR",
      split = ":",
      description = "Where classes of handlers are.")
  private List<Path> classPath = new ArrayList<>();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Worker.checkConfiguration(file, QueueWork.loader(spec, classPath)).forEach(out::println);
    out.println(file + " is right");
    out.flush();
    return 0;
  }
}

package gyre.lab.race;

import gyre.lab.result.Entry.Status;
import gyre.lab.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One run of the load generator against a server. */
final class GeneratorRun {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private GeneratorRun() {}

  /** The line that tells what it measured. */
  static String of(Workload workload, Bench bench, ServerProcess server, int warmMillis, int millis)
      throws PeerFailure {
    List<String> command = new ArrayList<>(bench.generator());
    command.add(workload.kind().generatorMode());
    command.addAll(List.of("--port", Integer.toString(server.port())));
    command.addAll(List.of("--pid", Long.toString(server.pid())));
    command.addAll(workload.options());
    command.addAll(List.of("--warmup-ms", Integer.toString(warmMillis)));
    command.addAll(List.of("--measure-ms", Integer.toString(millis)));
    try (Child generator = Child.start("generator", bench.onGeneratorCore(command))) {
      String line = hear(generator, server, millis + warmMillis);
      if (Lines.parse(line).getLong("errors", 0) > 0) {
        generator.await(PATIENCE);
        throw new PeerFailure(Status.WRONG, wrong(generator.lastWords()));
      }
      return line;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerFailure(Status.FAILED, "was not waited for");
    }
  }

  private static String hear(Child generator, ServerProcess server, int millis) throws PeerFailure {
    try {
      return generator.hear(PATIENCE.plusMillis(millis));
    } catch (PeerFailure e) {
      server.check();
      throw new PeerFailure(Status.WRONG, wrong(String.valueOf(e.getMessage())));
    }
  }

  private static String wrong(String words) {
    return words.isEmpty() ? "answered wrongly" : "answered wrongly: " + words;
  }
}

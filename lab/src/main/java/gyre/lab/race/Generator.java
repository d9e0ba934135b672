package gyre.lab.race;

import gyre.lab.result.Entry.Status;
import gyre.lab.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The load generator with its connections to one server, which stay open between rounds: a round
 * can then be as short as one likes, and short rounds are what makes peers meet the same machine.
 */
final class Generator implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** What the generator begins with when it describes what was wrong. */
  private static final String FIRST_ERROR = "first error";

  /** Its exit code where what it has asked was not answered. */
  private static final int SILENT = 4;

  private final Child child;
  private final ServerProcess server;

  private Generator(Child child, ServerProcess server) {
    this.child = child;
    this.server = server;
  }

  static Generator start(Workload workload, Bench bench, ServerProcess server) throws PeerFailure {
    List<String> command = new ArrayList<>(bench.generator());
    command.add(workload.kind().generatorMode());
    command.addAll(List.of("--port", Integer.toString(server.port())));
    command.addAll(List.of("--pid", Long.toString(server.pid())));
    command.addAll(workload.options());
    command.add("--step");
    Generator generator =
        new Generator(Child.start("generator", bench.onGeneratorCore(command)), server);
    try {
      Lines.expectReady(generator.hear(0));
      return generator;
    } catch (PeerFailure e) {
      generator.close();
      throw e;
    }
  }

  /**
   * Drives the server for so long, after a while that does not count, and until it has answered
   * all; the line that tells what came of it.
   */
  String drive(int runInMillis, int millis) throws PeerFailure {
    child.say(runInMillis + " " + millis);
    String line = hear(runInMillis + millis);
    if (Lines.parse(line).getLong("errors", 0) > 0) {
      close();
      throw new PeerFailure(Status.WRONG, wrong(child.lastWords()));
    }
    return line;
  }

  private String hear(int millis) throws PeerFailure {
    try {
      return child.hear(PATIENCE.plusMillis(millis));
    } catch (PeerFailure e) {
      server.checkEnd(); // a generator ends at once when its server does
      String words = String.valueOf(e.getMessage());
      if (words.contains(FIRST_ERROR)) {
        throw new PeerFailure(Status.WRONG, wrong(words));
      }
      boolean isSilent = child.exitCode().isEmpty() || child.exitCode().getAsInt() == SILENT;
      throw new PeerFailure(Status.FAILED, (isSilent ? "fell silent: " : "") + words);
    }
  }

  private static String wrong(String words) {
    return words.isEmpty() ? "answered wrongly" : "answered wrongly: " + words;
  }

  @Override
  public void close() {
    child.close();
  }
}

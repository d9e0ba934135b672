package gyre.cli;

import gyre.queue.Backend;
import gyre.queue.QueueOperations;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which queue: options that all of its commands have. */
final class QueueDirectory {
  /** Where a queue can be. */
  enum Engine {
    sqlite,
    postgresql
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--dir",
      paramLabel = "D",
      defaultValue = ".hive-mind/queue",
      description = "The directory of the queue. Default: ${DEFAULT-VALUE}")
  private Path path = Path.of(".hive-mind/queue");

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = "sqlite",
      description =
          "sqlite: files of the directory, and a database beside them. postgresql: tables of the"
              + " database of --url. Default: ${DEFAULT-VALUE}")
  private Engine engine = Engine.sqlite;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "As postgresql://USER@HOST:5432/DATABASE. The password is better in PGPASSWORD, since"
              + " others see arguments. Default: GYRE_QUEUE_URL of the environment")
  private Optional<String> url = Optional.empty();

  Path path() {
    return path;
  }

  boolean isPostgresql() {
    return engine == Engine.postgresql;
  }

  /** To be closed. */
  Backend open() {
    if (engine == Engine.sqlite) {
      if (url.isPresent()) {
        throw new ParameterException(spec.commandLine(), "--url needs --engine postgresql");
      }
      return Backend.spool(path);
    }
    String known = url.orElse(System.getenv("GYRE_QUEUE_URL"));
    if (known == null) {
      throw new ParameterException(
          spec.commandLine(),
          "--engine postgresql needs --url postgresql://USER@HOST:5432/DATABASE");
    }
    return Backend.postgresql(known);
  }

  QueueOperations inspect() {
    return open().operations();
  }
}

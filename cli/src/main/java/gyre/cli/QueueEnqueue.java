package gyre.cli;

import gyre.queue.Backend;
import gyre.queue.DuplicateJobException;
import gyre.queue.Enqueued;
import gyre.queue.Job;
import gyre.queue.JobEnd;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue enqueue}: puts entries into the queue, durably. */
@Command(
    name = "enqueue",
    description = "Puts an entry into the queue, and prints its id when it is on the device.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QueueEnqueue implements Callable<Integer> {
  /** Lines of the standard input that share the syncs of directories, where so many are there. */
  private static final int LINES_TOGETHER = 256;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Parameters(
      paramLabel = "TEXT",
      arity = "0..1",
      description = "SQL; with --operation the payload. Default: all of the standard input")
  private Optional<String> text = Optional.empty();

  @Option(
      names = "--operation",
      paramLabel = "NAME",
      description = "Which handler executes it. Its payload is JSON, or else a string.")
  private Optional<String> operation = Optional.empty();

  @Option(names = "--json-lines", description = "Each line of the standard input is an entry.")
  private boolean jsonLines;

  @Option(
      names = "--param",
      paramLabel = "VALUE",
      description = "For the next ? of the SQL; JSON, or else a string. Several times.")
  private List<String> parameters = new ArrayList<>();

  @Option(
      names = "--priority",
      paramLabel = "1-10",
      description = "1 is done first. Default: what the entry says, or 5")
  private Optional<Integer> priority = Optional.empty();

  @Option(names = "--id", paramLabel = "ID", description = "Entries of one id are done once.")
  private Optional<String> id = Optional.empty();

  @Option(names = "--at", paramLabel = "TIME", description = "As 2027-01-31T08:00 or with a zone.")
  private Optional<String> at = Optional.empty();

  @Option(names = "--in", paramLabel = "TIME", description = "As 90s, 15m, 2h or 1d.")
  private Optional<String> in = Optional.empty();

  @Option(
      names = "--unique",
      paramLabel = "KEY",
      description = "Exits with 3 if an entry of this key waits or runs already.")
  private Optional<String> unique = Optional.empty();

  @Option(names = "--batch", paramLabel = "NAME", description = "Which batch it belongs to.")
  private Optional<String> batch = Optional.empty();

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      description =
          "Waits so long for its end, and prints the result. Exits with 1 if it failed, with 4 if"
              + " it has not ended by then.")
  private Optional<String> waitTime = Optional.empty();

  @Override
  public Integer call() throws IOException {
    try (Backend queue = directory.open()) {
      PrintWriter out = spec.commandLine().getOut();
      return jsonLines ? lines(queue, out) : one(queue, out);
    }
  }

  private int one(Backend queue, PrintWriter out) throws IOException {
    String content =
        text.isPresent()
            ? text.get()
            : new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    if (content.isBlank()) {
      throw wrong("nothing to enqueue: give it as an argument or on the standard input");
    }
    try {
      Enqueued entry = queue.enqueue(varied(job(content)));
      out.println(entry.id());
      out.flush();
      return waitTime.isPresent() ? await(entry, out) : 0;
    } catch (DuplicateJobException e) {
      spec.commandLine().getErr().println("gyre queue " + e.getMessage());
      return 3;
    }
  }

  private int lines(Backend queue, PrintWriter out) throws IOException {
    if (text.isPresent() || operation.isPresent() || waitTime.isPresent()) {
      throw wrong("--json-lines takes whole entries from the standard input: leave out the rest");
    }
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    List<Line> read = new ArrayList<>();
    int number = 0;
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      number++;
      if (!line.isBlank()) {
        try {
          read.add(new Line(number, varied(Job.parse(line))));
        } catch (RuntimeException e) {
          enqueue(queue, read, out); // those before it are enqueued all the same
          throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
        }
      }
      // Who waits for an id before he goes on gets it at once.
      if (read.size() == LINES_TOGETHER || !reader.ready()) {
        enqueue(queue, read, out);
      }
    }
    enqueue(queue, read, out);
    return 0;
  }

  private record Line(int number, Job job) {}

  /** Prints the ids of those that are on the device, whatever becomes of the others. */
  private static void enqueue(Backend queue, List<Line> lines, PrintWriter out) {
    Map<Integer, Enqueued> durable = new TreeMap<>();
    try {
      queue.enqueueEach(lines.stream().map(Line::job).toList(), durable);
    } catch (RuntimeException e) {
      int failed = 0;
      while (durable.containsKey(failed)) {
        failed++;
      }
      // Without any line it is about the queue.
      String where = failed == lines.size() ? "" : "line " + lines.get(failed).number() + ": ";
      throw new IllegalArgumentException(where + e.getMessage(), e);
    } finally {
      durable.values().forEach(each -> out.println(each.id()));
      out.flush();
    }
    lines.clear();
  }

  private Job job(String content) {
    if (operation.isPresent()) {
      return Job.of(operation.get(), Job.value(content));
    }
    if (content.stripLeading().startsWith("{")) {
      return Job.parse(content);
    }
    return Job.sql(content, parameters.stream().map(Job::value).toArray());
  }

  private Job varied(Job job) {
    Job varied = job;
    if (priority.isPresent()) {
      try {
        varied = varied.priority(priority.get());
      } catch (IllegalArgumentException e) {
        throw wrong("--priority: " + e.getMessage());
      }
    }
    varied = id.isPresent() ? varied.id(id.get()) : varied;
    varied = unique.isPresent() ? varied.uniqueKey(unique.get()) : varied;
    varied = batch.isPresent() ? varied.batch(batch.get()) : varied;
    varied = waitTime.isPresent() ? varied.keepResult() : varied;
    varied = in.isPresent() ? varied.in(duration("--in", in.get())) : varied;
    return at.isPresent() ? varied.at(time(at.get())) : varied;
  }

  private int await(Enqueued entry, PrintWriter out) {
    Optional<JobEnd> end = entry.await(duration("--wait", waitTime.orElse("0s")));
    if (end.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println("it has not ended yet; see gyre queue show " + entry.id());
      return 4;
    }
    if (!end.get().isDone()) {
      spec.commandLine().getErr().println("failed: " + end.get().error());
      return 1;
    }
    out.println(end.get().resultJson());
    out.flush();
    return 0;
  }

  private Duration duration(String option, String text) {
    String digits = text.substring(0, Math.max(0, text.length() - 1));
    if (!digits.matches("[0-9]{1,9}")) {
      throw wrong(option + ": '" + text + "' must be a number with s, m, h or d behind it");
    }
    long number = Long.parseLong(digits);
    return switch (text.charAt(text.length() - 1)) {
      case 's' -> Duration.ofSeconds(number);
      case 'm' -> Duration.ofMinutes(number);
      case 'h' -> Duration.ofHours(number);
      case 'd' -> Duration.ofDays(number);
      default ->
          throw wrong(option + ": '" + text + "' must be a number with s, m, h or d behind it");
    };
  }

  private Instant time(String text) {
    try {
      return java.time.OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      try {
        return LocalDateTime.parse(text).atZone(ZoneId.systemDefault()).toInstant();
      } catch (DateTimeParseException again) {
        throw wrong("--at: '" + text + "' must be a time as 2027-01-31T08:00 or 2027-01-31T08:00Z");
      }
    }
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}

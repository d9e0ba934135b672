package gyre.lab.round;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import gyre.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Asks a program: the prompt on its standard input, the answer on its standard output. The known
 * ones are called so that they ask nothing back, and change no files: all that counts is the
 * answer.
 *
 * <p>Their standard error is taken together with the answer only by {@code command}, whose answers
 * are read by field names and fences, so that other lines do no harm.
 */
final class ProgramAgent implements Agent {
  /** Tells a program of {@code AGENT_COMMAND} where it may leave its token counts, as JSON. */
  static final String USAGE_FILE = "GYRE_USAGE_FILE";

  static final String MODEL = "GYRE_MODEL";
  private static final Duration LIMIT = Duration.ofMinutes(20);

  private final String label;
  private final Path folder;
  private final Map<String, String> environment;
  private final Calling calling;

  /** The words of a call. */
  private interface Calling {
    List<String> words(Question question, CallFiles files);
  }

  /** The files of one call. */
  private record CallFiles(Path prompt, Path output, Path extra) {}

  private ProgramAgent(
      String label, Path folder, Map<String, String> environment, Calling calling) {
    this.label = label;
    this.folder = folder;
    this.environment = Map.copyOf(environment);
    this.calling = calling;
  }

  static Agent command(String line, Path folder, Map<String, String> environment) {
    return new ProgramAgent(
        "command", folder, environment, (question, files) -> List.of("sh", "-c", line));
  }

  static Agent cli(String name, Path program, Path folder, Map<String, String> environment) {
    return new ProgramAgent(
        name, folder, environment, (question, files) -> words(name, program, question, files));
  }

  private static List<String> words(String name, Path program, Question question, CallFiles files) {
    List<String> words = new ArrayList<>(List.of(program.toString()));
    switch (name) {
      case "claude" -> words.addAll(List.of("-p", "--output-format", "json"));
      case "codex" ->
          words.addAll(
              List.of(
                  "exec",
                  "--sandbox",
                  "read-only",
                  "--skip-git-repo-check",
                  "--json",
                  "--output-last-message",
                  files.extra().toString()));
      default ->
          words.addAll(
              List.of(
                  "--chat-mode",
                  "ask",
                  "--no-git",
                  "--no-pretty",
                  "--no-stream",
                  "--yes-always",
                  "--message-file",
                  files.prompt().toString()));
    }
    question.model().ifPresent(model -> words.addAll(List.of("--model", model)));
    if (name.equals("codex")) {
      words.add("-"); // the prompt comes on standard input
    }
    return words;
  }

  @Override
  public Answer ask(Question question) {
    CallFiles files =
        new CallFiles(
            folder.resolve(question.name() + ".prompt.md"),
            folder.resolve(question.name() + ".output.txt"),
            folder.resolve(question.name() + ".extra"));
    try {
      Files.createDirectories(folder);
      Files.writeString(files.prompt(), question.prompt());
      Files.deleteIfExists(files.extra());
      Map<String, String> all = new HashMap<>(environment);
      all.put(USAGE_FILE, files.extra().toString());
      all.put(MODEL, question.model().orElse(""));
      Shell.Result result =
          Shell.run(
              folder, all, calling.words(question, files), files.prompt(), LIMIT, files.output());
      if (!result.isGood()) {
        throw new LabException(
            "AGENT=%s did not answer %s: %s".formatted(label, question.name(), result.failure()));
      }
      return answer(question, result.output(), files.extra());
    } catch (IOException e) {
      throw new LabException("AGENT=" + label + ": " + e.getMessage(), e);
    }
  }

  private Answer answer(Question question, String output, Path extra) throws IOException {
    String model = question.model().orElse("unknown");
    return switch (label) {
      case "claude" -> claude(output, model);
      case "codex" -> new Answer(said(extra, output), model, codexUsage(output));
      case "command" -> {
        JsonObject usage = Files.exists(extra) ? json(Files.readString(extra)) : new JsonObject();
        yield new Answer(output, usage.getString("model", model), usage(usage, "cost_usd"));
      }
      default -> new Answer(output, model, Usage.UNKNOWN);
    };
  }

  private static String said(Path extra, String output) throws IOException {
    return Files.exists(extra) ? Files.readString(extra) : output;
  }

  private static Answer claude(String output, String model) {
    // Its messages of other kinds, if any, stand on lines of their own.
    JsonObject object =
        output
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("{"))
            .map(ProgramAgent::json)
            .filter(each -> each.isString("result"))
            .reduce((_, last) -> last)
            .orElseThrow(() -> new LabException("AGENT=claude: it answered without a result"));
    if (object.getBoolean("is_error", false)) {
      throw new LabException("AGENT=claude: " + object.getString("result"));
    }
    JsonObject counts = object.getObject("usage", new JsonObject());
    Usage usage =
        new Usage(
            whole(counts, "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
            whole(counts, "output_tokens"),
            number(object, "total_cost_usd"));
    return new Answer(object.getString("result", ""), model, usage);
  }

  private static Usage codexUsage(String output) {
    Optional<JsonObject> usage =
        output
            .lines()
            .filter(line -> line.startsWith("{") && line.contains("\"usage\""))
            .map(ProgramAgent::json)
            .map(object -> object.getObject("usage", new JsonObject()))
            .reduce((_, last) -> last);
    return usage
        .map(counts ->
            new Usage(
                whole(counts, "input_tokens"),
                whole(counts, "output_tokens"),
                OptionalDouble.empty()))
        .orElse(Usage.UNKNOWN);
  }

  private static Usage usage(JsonObject object, String cost) {
    return new Usage(whole(object, "tokens_in"), whole(object, "tokens_out"), number(object, cost));
  }

  /** The sum of those that are there; empty where none is. */
  private static OptionalLong whole(JsonObject object, String... keys) {
    long sum = 0;
    boolean isKnown = false;
    for (String key : keys) {
      if (object.isNumber(key)) {
        sum += object.getLong(key);
        isKnown = true;
      }
    }
    return isKnown ? OptionalLong.of(sum) : OptionalLong.empty();
  }

  private static OptionalDouble number(JsonObject object, String key) {
    return object.isNumber(key) ? OptionalDouble.of(object.getDouble(key)) : OptionalDouble.empty();
  }

  private static JsonObject json(String text) {
    try {
      return JsonParser.object().from(text);
    } catch (JsonParserException e) {
      return new JsonObject();
    }
  }

  @Override
  public String label() {
    return label;
  }
}

package gyre.queue;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.FiberFailedException;
import gyre.io.IoException;
import gyre.process.Command;
import gyre.process.CommandResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Executes entries that are no SQL, each in a fiber of the loop. An entry is tried at least once:
 * who must know whether it was done before is handed its id.
 */
final class HandlerRunner {
  private static final int ERROR_LIMIT = 500;

  private final HttpCaller http;
  private final HandlerThreads threads;

  HandlerRunner(HttpCaller http, HandlerThreads threads) {
    this.http = http;
    this.threads = threads;
  }

  /**
   * Parks. What goes wrong is an outcome, even where it is an error of the machine such as a stack
   * that is too deep; only a cancellation is thrown.
   */
  Outcome run(Entry entry, Kind kind, int attempt) {
    try {
      return Cancellation.within(
          kind.timeout(),
          () ->
              switch (kind.way()) {
                case Kind.Program program -> program(entry, kind, program, attempt);
                case Kind.Http call -> http(entry, kind, call, attempt);
                case Kind.Java java -> java(entry, kind, java, attempt);
                case Kind.Sql sql -> throw new IllegalStateException("SQL is for the engine");
              });
    } catch (DeadlineExceededException e) {
      return new Outcome.Failed("it took longer than " + kind.timeout().toMillis() + " ms", false);
    } catch (CancelledException e) {
      throw e;
    } catch (Exception | Error e) {
      return failed(e);
    }
  }

  /** Of an entry whose handler has thrown that. */
  static Outcome failed(Throwable e) {
    Throwable cause = e instanceof FiberFailedException ? e.getCause() : e;
    return new Outcome.Failed(brief(String.valueOf(cause)), false);
  }

  private static String payload(Entry entry) {
    return entry.payload() instanceof String text ? text : Json.write(entry.payload());
  }

  private static String brief(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= ERROR_LIMIT ? line : line.substring(0, ERROR_LIMIT) + "...";
  }

  // ---- a program

  private static Outcome program(Entry entry, Kind kind, Kind.Program program, int attempt) {
    Command command =
        Command.of(program.command())
            .timeout(kind.timeout())
            .environment("GYRE_QUEUE_ID", entry.id())
            .environment("GYRE_QUEUE_OPERATION", entry.operation())
            .environment("GYRE_QUEUE_ATTEMPT", String.valueOf(attempt));
    for (Map.Entry<String, String> each : program.environment().entrySet()) {
      command = command.environment(each.getKey(), each.getValue());
    }
    if (program.directory() != null) {
      command = command.directory(program.directory());
    }
    CommandResult result;
    try {
      result = command.transform(payload(entry).getBytes(StandardCharsets.UTF_8));
    } catch (IoException e) {
      return new Outcome.Failed(brief(String.valueOf(e.getMessage())), false);
    }
    if (result.isSuccess()) {
      Map<String, Object> output = new LinkedHashMap<>();
      output.put("stdout", result.output());
      return new Outcome.Done(output);
    }
    String errors = new String(result.stderr(), StandardCharsets.UTF_8);
    return new Outcome.Failed(
        brief(command + " ended with " + result.exit().code() + ": " + errors), false);
  }

  // ---- HTTP

  private Outcome http(Entry entry, Kind kind, Kind.Http call, int attempt)
      throws IOException, InterruptedException {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.putAll(call.headers());
    headers.put("Idempotency-Key", entry.id());
    headers.put("Gyre-Queue-Attempt", String.valueOf(attempt));
    byte[] body = payload(entry).getBytes(StandardCharsets.UTF_8);
    HttpCaller.Answer answer = http.call(call.method(), call.url(), headers, body, kind.timeout());
    if (answer.status() >= 200 && answer.status() < 300) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("status", answer.status());
      result.put("body", answer.body());
      return new Outcome.Done(result);
    }
    return new Outcome.Failed(
        brief(
            call.method()
                + " "
                + call.url()
                + " answered "
                + answer.status()
                + ": "
                + answer.body()),
        !call.retryStatus().contains(answer.status()));
  }

  // ---- a class

  private Outcome java(Entry entry, Kind kind, Kind.Java java, int attempt) throws Exception {
    QueueTask task =
        new QueueTask(entry.id(), entry.operation(), entry.payload(), entry.metadata(), attempt);
    return threads.call(kind, () -> done(entry, java.handler().handle(task)));
  }

  /** On the thread of the handler, within its timeout: to look at it may be code of that, too. */
  private static Outcome done(Entry entry, @Nullable Object returned) {
    String wrong;
    try {
      return new Outcome.Done(entry.wantsResult() ? Json.copy(returned) : null);
    } catch (BadEntryException e) {
      wrong = String.valueOf(e.getMessage());
    } catch (CancelledException e) {
      throw e;
    } catch (RuntimeException | Error e) { // of what it returned: a toString that never ends, say
      wrong = e.toString();
    }
    return new Outcome.Failed(
        brief(
            "it was executed, but what the handler returned can't be kept as JSON, and it is not"
                + " executed again for that: "
                + wrong),
        true);
  }
}

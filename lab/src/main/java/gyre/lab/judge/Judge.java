package gyre.lab.judge;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Holds a program to its promises, from outside and one after the other. */
public abstract class Judge implements AutoCloseable {
  /** As shells count. */
  private static final int BY_SIGPIPE = 128 + 13;

  final Subject subject;
  private final Map<String, Check> checks = new LinkedHashMap<>();

  Judge(Subject subject) {
    this.subject = subject;
  }

  /** Throws what it finds. */
  interface Check {
    void run() throws Exception;
  }

  final void promise(String name, Check check) {
    Check before = checks.put(name, check);
    assert before == null : name;
  }

  /** What each check found: empty where the promise is kept. */
  public final Map<String, String> judge() {
    Map<String, String> results = new LinkedHashMap<>();
    checks.forEach((name, check) -> results.put(name, result(check)));
    return results;
  }

  /** What one check found. */
  final String judge(String promise) {
    Check check = checks.get(promise);
    if (check == null) {
      throw new IllegalArgumentException("no promise '" + promise + "'; " + checks.keySet());
    }
    return result(check);
  }

  /** Ends what the judge has started for itself. */
  @Override
  public void close() {}

  private String result(Check check) {
    subject.lastWords().clear();
    try {
      String fault = fault(check);
      return fault.isEmpty() ? "" : fault + evidence(subject.lastWords().lines());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private static String evidence(List<String> lines) {
    return lines.stream().map(line -> "\n          it said: " + line).collect(Collectors.joining());
  }

  private static String fault(Check check) {
    try {
      check.run();
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    } catch (Exception e) {
      return e instanceof JudgementException ? String.valueOf(e.getMessage()) : e.toString();
    }
  }

  /**
   * As {@code head} has its writers end: by SIGPIPE, or with 0 where the runtime ignores that
   * signal; and with no complaint, since whoever has left has what it wanted.
   */
  final void endedQuietly(JudgedProgram program) throws InterruptedException {
    int code = program.await(Duration.ofSeconds(20));
    check(code == 0 || code == BY_SIGPIPE, "it exited with " + code);
    List<String> complaints = subject.lastWords().lines();
    check(complaints.isEmpty(), "it complains");
  }

  static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new JudgementException(otherwise);
    }
  }
}

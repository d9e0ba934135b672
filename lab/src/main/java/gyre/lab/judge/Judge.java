package gyre.lab.judge;

import java.util.LinkedHashMap;
import java.util.Map;

/** Holds a program to its promises, from outside and one after the other. */
public abstract class Judge implements AutoCloseable {
  private final Map<String, Check> checks = new LinkedHashMap<>();

  Judge() {}

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

  private static String result(Check check) {
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

  static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new JudgementException(otherwise);
    }
  }
}

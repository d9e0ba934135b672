package gyre.lab.judge;

import java.util.List;

/**
 * A program under judgement.
 *
 * @param command starts it; options are added to it
 * @param isTls whether it speaks TLS on its connections
 * @param hasMetrics whether it takes {@code --metrics HOST:PORT}
 * @param lastWords what it says on standard error, whenever it is started
 */
public record Subject(
    List<String> command, boolean isTls, boolean hasMetrics, LastWords lastWords) {
  public Subject {
    command = List.copyOf(command);
  }

  public Subject(List<String> command, boolean isTls, boolean hasMetrics) {
    this(command, isTls, hasMetrics, new LastWords());
  }

  public static Subject of(List<String> command) {
    return new Subject(command, false, false);
  }

  /** The same program, started with other words. */
  Subject startedBy(List<String> words) {
    return new Subject(words, isTls, hasMetrics, lastWords);
  }
}

package gyre.lab.judge;

import java.util.List;

/**
 * A program under judgement.
 *
 * @param command starts it; options are added to it
 * @param isTls whether it speaks TLS on its connections
 * @param hasMetrics whether it takes {@code --metrics HOST:PORT}
 */
public record Subject(List<String> command, boolean isTls, boolean hasMetrics) {
  public Subject {
    command = List.copyOf(command);
  }

  public static Subject of(List<String> command) {
    return new Subject(command, false, false);
  }
}

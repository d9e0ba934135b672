package gyre.process;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * How a command, or each of a pipeline, has ended, and what the last one wrote.
 *
 * @param exits of each, in order
 * @param stdout what the last one wrote to its output, if that was a pipe or a terminal
 * @param errors what each wrote to its errors, if that was a pipe; of one before the last also what
 *     it wrote to a terminal
 * @param isComplete whether the ends of the outputs were seen. They are not where a process that
 *     was left behind keeps one open for longer than the grace, a second at least; then what had
 *     come by then is here
 */
@SuppressWarnings("ArrayRecordComponent") // bytes of a program are an array everywhere
public record CommandResult(
    List<ChildExit> exits, byte[] stdout, List<byte[]> errors, boolean isComplete) {
  /** Of the last one. */
  public ChildExit exit() {
    return exits.getLast();
  }

  /** Whether all have returned 0. */
  public boolean isSuccess() {
    return exits.stream().allMatch(ChildExit::isSuccess);
  }

  /** The output as UTF-8. */
  public String output() {
    return new String(stdout, StandardCharsets.UTF_8);
  }

  /** What the last one wrote to its errors. */
  public byte[] stderr() {
    return errors.getLast();
  }
}

package gyre.process;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What commands had written when their run was cut short: by a timeout, or by too much output.
 *
 * @param stdout what the last one wrote to its output, if that was a pipe
 * @param errors what each wrote to its errors, if that was a pipe
 */
@SuppressWarnings("ArrayRecordComponent") // bytes of a program are an array everywhere
public record CommandOutput(byte[] stdout, List<byte[]> errors) {
  /** The output as UTF-8. */
  public String output() {
    return new String(stdout, StandardCharsets.UTF_8);
  }

  /** What the last one wrote to its errors. */
  public byte[] stderr() {
    return errors.getLast();
  }
}

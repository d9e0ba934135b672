package gyre.sim.engine;

import java.util.List;
import java.util.Map;

/**
 * What a child process was started with.
 *
 * @param arguments the name of its program first
 * @param directory where it works
 */
public record SimCommand(
    List<String> arguments, Map<String, String> environment, String directory) {
  public String program() {
    return arguments.getFirst();
  }
}

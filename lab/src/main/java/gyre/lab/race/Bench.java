package gyre.lab.race;

import java.util.ArrayList;
import java.util.List;

/**
 * The machine as the race uses it: one core for the server, another one for the generator.
 *
 * @param pins false where the cores are shared, by force
 * @param descriptors how many a process may open
 */
public record Bench(List<String> generator, boolean pins, long descriptors, Tools tools) {
  private static final int SERVER_CORE = 0;
  private static final int GENERATOR_CORE = 1;

  List<String> onServerCore(List<String> command) {
    return on(SERVER_CORE, command);
  }

  List<String> onGeneratorCore(List<String> command) {
    return on(GENERATOR_CORE, command);
  }

  private List<String> on(int core, List<String> command) {
    if (!pins) {
      return command;
    }
    List<String> pinned = new ArrayList<>(List.of("taskset", "-c", Integer.toString(core)));
    pinned.addAll(command);
    return pinned;
  }
}

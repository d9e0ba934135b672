package gyre.lab.round;

import gyre.lab.LabException;
import gyre.lab.WrongInputException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Chooses an agent by the variable {@code AGENT}. */
final class Agents {
  static final String VARIABLE = "AGENT";
  static final String COMMAND = "AGENT_COMMAND";
  static final String REPLAY = "AGENT_REPLAY";
  private static final List<String> NAMES =
      List.of("replay", "command", "claude", "codex", "aider");

  private Agents() {}

  /**
   * The agent that the environment asks for; {@code replay} if it does not say.
   *
   * @param folder where programs may leave files
   */
  static Agent choose(Map<String, String> environment, Path folder) {
    String name = environment.getOrDefault(VARIABLE, "replay");
    return switch (name) {
      case "replay" ->
          new ReplayAgent(
              Path.of(
                  said(
                      environment,
                      REPLAY,
                      "replay",
                      "the folder with the answers (--replay DIR)")));
      case "command" ->
          ProgramAgent.command(
              said(environment, COMMAND, "command", "a line for sh"), folder, environment);
      case "claude", "codex", "aider" ->
          ProgramAgent.cli(name, program(name, environment), folder, environment);
      default ->
          throw new WrongInputException(
              "%s=%s is not wired; there are: %s"
                  .formatted(VARIABLE, name, String.join(", ", NAMES)));
    };
  }

  private static String said(
      Map<String, String> environment, String variable, String agent, String what) {
    String value = environment.getOrDefault(variable, "");
    if (value.isBlank()) {
      throw new WrongInputException(
          "%s=%s needs %s: %s".formatted(VARIABLE, agent, variable, what));
    }
    return value;
  }

  private static Path program(String name, Map<String, String> environment) {
    Optional<Path> found =
        Arrays.stream(environment.getOrDefault("PATH", "").split(File.pathSeparator, -1))
            .filter(folder -> !folder.isEmpty())
            .map(folder -> Path.of(folder, name))
            .filter(Files::isExecutable)
            .findFirst();
    return found.orElseThrow(() ->
        new LabException(
            "%s=%s: there is no program '%s' on the PATH: install it, or take another agent"
                .formatted(VARIABLE, name, name)));
  }
}

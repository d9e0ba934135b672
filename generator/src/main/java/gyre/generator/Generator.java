package gyre.generator;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes whole projects: the same program for several runtimes. Not bound to a loop; all of it may
 * be called from any thread.
 */
public final class Generator {
  /** What Maven, Cargo, CMake and make all take for a name. */
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

  private static final int NAME_MAX_CHARACTERS = 64;

  /** Names that one of the worlds keeps to itself. */
  private static final List<String> TAKEN = List.of("test", "clean", "all", "build", "target");

  private Generator() {}

  /** Whether a program is to be had for a target. */
  public static boolean offers(ProgramKind program, Target target) {
    return Template.find(program, target) != null;
  }

  /**
   * The files of a project.
   *
   * @param name of the program: small letters, digits and hyphens
   * @throws GeneratorException if that program is not offered for that target, or for the name
   */
  public static Project project(ProgramKind program, Target target, String name) {
    Template template = Template.find(program, target);
    if (template == null) {
      throw new GeneratorException(refusal(program, target));
    }
    checkName(name);
    return new Project(template.render(Map.of("name", name, "name_", name.replace('-', '_'))));
  }

  private static String refusal(ProgramKind program, Target target) {
    String others =
        Arrays.stream(Target.values())
            .filter(other -> offers(program, other))
            .map(Target::label)
            .collect(Collectors.joining(", "));
    return others.isEmpty()
        ? program.label() + " has no templates yet; 'gyre new --list' shows what there is"
        : program.label() + " is not offered for " + target.label() + "; it is for " + others;
  }

  private static void checkName(String name) {
    if (name.length() > NAME_MAX_CHARACTERS || !NAME.matcher(name).matches()) {
      throw new GeneratorException(
          "'"
              + name
              + "' is no name: small letters, digits and single hyphens, a letter first, at most "
              + NAME_MAX_CHARACTERS
              + " in all");
    }
    if (TAKEN.contains(name)) {
      throw new GeneratorException("'" + name + "' is taken by build tools: choose another name");
    }
  }
}

package gyre.generator;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  /**
   * Names that one of the worlds keeps to itself, so that a project could not be built by it, or
   * only once: what make, CMake and Cargo call their own, the folders of a project, the file that
   * make would read, and devices of Windows.
   */
  private static final Set<String> TAKEN =
      Set.of(
          "all",
          "build",
          "check",
          "clean",
          "help",
          "install",
          "package",
          "preinstall",
          "test",
          "deps",
          "examples",
          "incremental",
          "makefile",
          "src",
          "target",
          "tests",
          "unit-tests",
          "aux",
          "con",
          "nul",
          "prn");

  private Generator() {}

  /**
   * Read when something is asked, so that a fault in it is a message and not a class that fails.
   */
  private static final class Lazy {
    static final Matrix MATRIX = Matrix.parse(Template.text("matrix.txt"));
  }

  /** Whether a program is to be had for a target. */
  public static boolean offers(ProgramKind program, Target target) {
    return Lazy.MATRIX.offers(program, target);
  }

  /** The options that a program may have for a target; none where it is not offered at all. */
  public static Set<Feature> features(ProgramKind program, Target target) {
    return Lazy.MATRIX.features(program, target);
  }

  /** Why a program, or an option of it, is not offered for a target. */
  public static String reason(Optional<Feature> feature, ProgramKind program, Target target) {
    return Lazy.MATRIX.reason(feature, program, target);
  }

  /** As {@link #project(ProgramKind, Target, String, ProjectOptions)}, with nothing beside it. */
  public static Project project(ProgramKind program, Target target, String name) {
    return project(program, target, name, ProjectOptions.defaults());
  }

  /**
   * The files of a project.
   *
   * @param name of the program: small letters, digits and hyphens
   * @throws GeneratorException if that program is not offered for that target, or not with these
   *     options, or for the name
   */
  public static Project project(
      ProgramKind program, Target target, String name, ProjectOptions options) {
    check(program, target, options);
    checkName(name);
    Map<String, String> values = Map.of("name", name, "name_", name.replace('-', '_'));
    return new Project(Template.of(program, target, values, conditions(program, options)).render());
  }

  private static Map<String, Boolean> conditions(ProgramKind program, ProjectOptions options) {
    Map<String, Boolean> conditions = new HashMap<>();
    for (ProgramKind each : ProgramKind.values()) {
      conditions.put(each.label().replace('-', '_'), each == program);
    }
    for (Feature each : Feature.values()) {
      conditions.put(each.label(), options.has(each));
    }
    for (Framing each : Framing.values()) {
      conditions.put(each.label(), options.framing() == each);
    }
    return conditions;
  }

  private static void check(ProgramKind program, Target target, ProjectOptions options) {
    if (!offers(program, target)) {
      throw new GeneratorException(
          "%s is not offered for %s: %s; it is for %s"
              .formatted(
                  program.label(),
                  target.label(),
                  reason(Optional.empty(), program, target),
                  targets(program)));
    }
    for (Feature feature : options.features()) {
      if (!features(program, target).contains(feature)) {
        throw new GeneratorException(
            "--%s is not offered for %s on %s: %s"
                .formatted(
                    feature.label(),
                    program.label(),
                    target.label(),
                    reason(Optional.of(feature), program, target)));
      }
    }
  }

  private static String targets(ProgramKind program) {
    String targets =
        Arrays.stream(Target.values())
            .filter(each -> offers(program, each))
            .map(Target::label)
            .collect(Collectors.joining(", "));
    return targets.isEmpty() ? "none yet" : targets;
  }

  /** Whether a project may have that name. */
  public static boolean isName(String name) {
    return isWellFormed(name) && !TAKEN.contains(name);
  }

  private static boolean isWellFormed(String name) {
    return name.length() <= NAME_MAX_CHARACTERS && NAME.matcher(name).matches();
  }

  private static void checkName(String name) {
    if (!isWellFormed(name)) {
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

package gyre.cli;

import gyre.generator.Feature;
import gyre.generator.Generator;
import gyre.generator.ProgramKind;
import gyre.generator.Target;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What {@code gyre new --list} prints: all that can be written, and why the rest cannot. */
final class ProjectList {
  private ProjectList() {}

  static void print(PrintWriter out) {
    for (ProgramKind kind : ProgramKind.values()) {
      out.printf("%s: %s%n", kind.label(), kind.description());
      for (Target target : Target.values()) {
        out.printf("  %-9s %s%n", target.label(), cell(kind, target));
      }
    }
    out.println();
    for (Target each : Target.values()) {
      out.printf("%-11s %s%n", each.label(), each.description());
    }
    out.println();
    for (Feature each : Feature.values()) {
      out.printf("--%-9s %s%n", each.label(), each.description());
    }
    out.flush();
  }

  private static String cell(ProgramKind kind, Target target) {
    if (!Generator.offers(kind, target)) {
      return "no: " + Generator.reason(Optional.empty(), kind, target);
    }
    String options =
        Arrays.stream(Feature.values())
            .filter(Generator.features(kind, target)::contains)
            .map(feature -> "--" + feature.label())
            .collect(Collectors.joining(" "));
    return options.isEmpty() ? "yes" : "yes, " + options;
  }
}

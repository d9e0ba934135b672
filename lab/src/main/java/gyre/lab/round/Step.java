package gyre.lab.round;

import gyre.lab.LabException;
import java.util.Arrays;
import java.util.Locale;

/**
 * The states of a round, in order. Each step reads files of the round's folder and adds its own,
 * and the next one is written down only when they are complete: a round that was killed goes on
 * with the step that it was in.
 */
public enum Step {
  /** Builds the base, seals the harness, and measures the base against itself. */
  BASELINE,
  /** Looks where the time of the base goes. */
  PROFILE,
  /** Asks three proposers, and refuses what the rules forbid. */
  PROPOSE,
  /** Asks the chair for one of them, or none. */
  CHAIR,
  /** Asks three implementers for a diff of what was chosen. */
  IMPLEMENT,
  /** Applies each diff in a tree of its own, checks it, builds it, and runs the quick gates. */
  LIGHT,
  /** Races base, variants and the base again, with the control workload. */
  RACE,
  /** Runs all gates on the best variant. */
  FULL,
  /** Races the best variant once more: the best of three is partly the luckiest of three. */
  CONFIRM,
  /** Looks where the time of the best variant goes. */
  REPROFILE,
  /** Applies the criteria. */
  DECIDE,
  /** Writes entry, memory, summary. */
  LOG,
  DONE;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  @SuppressWarnings("EnumOrdinal") // the order is what this enum is
  Step next() {
    return this == DONE ? DONE : values()[ordinal() + 1];
  }

  /** Files of an earlier step that this one writes anew. */
  java.util.Set<String> files() {
    return this == LIGHT || this == RACE ? java.util.Set.of(Variant.FILE) : java.util.Set.of();
  }

  /** The step of that name, as a user types it. */
  public static Step named(String name) {
    return Arrays.stream(values())
        .filter(step -> step.label().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new LabException("there is no step '" + name + "'; there are: " + all()));
  }

  private static String all() {
    return String.join(", ", Arrays.stream(values()).map(Step::label).toList());
  }
}

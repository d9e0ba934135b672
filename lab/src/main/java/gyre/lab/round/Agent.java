package gyre.lab.round;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Whoever proposes, chooses and implements. */
interface Agent {
  /**
   * What is asked.
   *
   * @param name of the question in its round, as {@code propose-a}
   * @param prompt the skill, and what has to be known
   * @param model whom to ask, where the target says it
   */
  record Question(String name, String prompt, Optional<String> model) {}

  /**
   * What came back.
   *
   * @param model who answered, as far as known
   */
  record Answer(String text, String model, Usage usage) {}

  /** What it took, as the caller was told; never a guess. */
  record Usage(OptionalLong tokensIn, OptionalLong tokensOut, OptionalDouble dollars) {
    static final Usage UNKNOWN =
        new Usage(OptionalLong.empty(), OptionalLong.empty(), OptionalDouble.empty());
  }

  /** Throws {@link gyre.lab.LabException} where there is no answer. */
  Answer ask(Question question);

  /** What the ledger calls it. */
  String label();
}

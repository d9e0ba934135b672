package gyre.lab.gates;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What became of a server at a gate.
 *
 * @param reason one sentence, with the figure that decided and its limit
 * @param figures all that was measured, by name, in the order to show them
 */
public record Judgement(Gate gate, Outcome outcome, String reason, Map<String, Object> figures) {
  /** How it came out. */
  public enum Outcome {
    PASS,
    FAIL,
    /** It could not be measured here; the reason says why. */
    UNJUDGED
  }

  public Judgement {
    figures = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(figures));
  }

  static Judgement unjudged(Gate gate, String reason) {
    return new Judgement(gate, Outcome.UNJUDGED, reason, Map.of());
  }
}

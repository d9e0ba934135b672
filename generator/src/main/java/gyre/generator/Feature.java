package gyre.generator;

import java.util.Arrays;
import java.util.Optional;

/** What a project may have beyond its program. */
public enum Feature {
  FRAMING("framing", "how messages are told apart: lines or length"),
  TLS("tls", "connections are encrypted"),
  METRICS("metrics", "counters in the text format of Prometheus"),
  TESTS("tests", "unit tests, run by the build tool");

  private final String label;
  private final String description;

  Feature(String label, String description) {
    this.label = label;
    this.description = description;
  }

  /** As it is written on the command line, behind two hyphens. */
  public String label() {
    return label;
  }

  public String description() {
    return description;
  }

  static Optional<Feature> of(String label) {
    return Arrays.stream(values()).filter(feature -> feature.label.equals(label)).findFirst();
  }
}

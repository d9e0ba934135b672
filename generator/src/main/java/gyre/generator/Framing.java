package gyre.generator;

import java.util.Arrays;
import java.util.Optional;

/** How a generated server tells messages apart. */
public enum Framing {
  LINES("lines"),
  LENGTH("length");

  private final String label;

  Framing(String label) {
    this.label = label;
  }

  /** As it is written on the command line. */
  public String label() {
    return label;
  }

  public static Optional<Framing> of(String label) {
    return Arrays.stream(values()).filter(framing -> framing.label.equals(label)).findFirst();
  }
}

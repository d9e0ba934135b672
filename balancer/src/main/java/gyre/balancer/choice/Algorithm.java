package gyre.balancer.choice;

import java.util.Locale;

/** The algorithms by name, as a configuration says them. */
public enum Algorithm {
  /** One after the other, whatever their weights are. */
  ROUND_ROBIN,
  /** One after the other, each as often as its weight says, and never many times in a row. */
  WEIGHTED,
  /** The one with the fewest connections for its weight. */
  LEAST_CONNECTIONS,
  /** Two at random, of which the one with fewer connections for its weight. */
  TWO_CHOICES,
  /** By the client's address, as long as the same targets are healthy. */
  SOURCE_HASH,
  /** By the client's address; few clients move when a target comes or goes, and none is overrun. */
  CONSISTENT_HASH,
  /** By the client's address; a table of 65,537 places that are shared very evenly. */
  MAGLEV;

  public Chooser create() {
    return switch (this) {
      case ROUND_ROBIN -> new RoundRobin();
      case WEIGHTED -> new SmoothWeighted();
      case LEAST_CONNECTIONS -> new LeastConnections();
      case TWO_CHOICES -> new TwoChoices();
      case SOURCE_HASH -> new SourceHash();
      case CONSISTENT_HASH -> new HashRing();
      case MAGLEV -> new Maglev();
    };
  }

  /** As it is written in a configuration: {@code two-choices}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The one with this label.
   *
   * @throws IllegalArgumentException that names all algorithms
   */
  public static Algorithm parse(String text) {
    StringBuilder known = new StringBuilder();
    for (Algorithm each : values()) {
      if (each.label().equals(text)) {
        return each;
      }
      known.append(known.isEmpty() ? "" : ", ").append(each.label());
    }
    throw new IllegalArgumentException("\"" + text + "\" is none of: " + known);
  }
}

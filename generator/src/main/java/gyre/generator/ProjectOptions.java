package gyre.generator;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** What is asked for beside program, target and name. Immutable. */
public final class ProjectOptions {
  private static final ProjectOptions DEFAULTS =
      new ProjectOptions(EnumSet.noneOf(Feature.class), Optional.empty());

  private final Set<Feature> features;
  private final Optional<Framing> framing;

  private ProjectOptions(Set<Feature> features, Optional<Framing> framing) {
    this.features = features;
    this.framing = framing;
  }

  /** Nothing beyond the program itself; where messages are framed, lines. */
  public static ProjectOptions defaults() {
    return DEFAULTS;
  }

  public ProjectOptions framing(Framing value) {
    return new ProjectOptions(with(Feature.FRAMING, true), Optional.of(value));
  }

  public ProjectOptions tls(boolean on) {
    return new ProjectOptions(with(Feature.TLS, on), framing);
  }

  public ProjectOptions metrics(boolean on) {
    return new ProjectOptions(with(Feature.METRICS, on), framing);
  }

  public ProjectOptions tests(boolean on) {
    return new ProjectOptions(with(Feature.TESTS, on), framing);
  }

  private Set<Feature> with(Feature feature, boolean on) {
    Set<Feature> changed = EnumSet.noneOf(Feature.class);
    changed.addAll(features);
    if (on) {
      changed.add(feature);
    } else {
      changed.remove(feature);
    }
    return changed;
  }

  /** Those that were asked for. */
  public Set<Feature> features() {
    return Set.copyOf(features);
  }

  public boolean has(Feature feature) {
    return features.contains(feature);
  }

  /** Lines, if nothing was said. */
  public Framing framing() {
    return framing.orElse(Framing.LINES);
  }

  /** As on the command line. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Feature feature : features) {
      text.append(text.isEmpty() ? "--" : " --").append(feature.label());
      if (feature == Feature.FRAMING) {
        text.append(' ').append(framing().label());
      }
    }
    return text.toString();
  }
}

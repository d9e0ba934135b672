package gyre.balancer;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a passive balancer stands by for an active one. Immutable; each method that takes a value
 * gives a changed copy.
 *
 * @param active where the active one replicates: {@link BalancerConfig#replicate}
 * @param silence when nothing is heard for so long the passive one takes over
 * @param takeOver a program that has clients come here, with its arguments; for example one that
 *     takes an address
 * @param giveBack a program that undoes that, when the active one is heard again; empty: nobody
 *     does
 * @param state a file that tells the role after a restart; null for none: it begins as passive then
 */
public record StandbyConfig(
    InetSocketAddress active,
    Duration silence,
    List<String> takeOver,
    List<String> giveBack,
    @Nullable Path state) {
  /** The active one is heard several times in the least silence. */
  static final Duration LEAST_SILENCE = Duration.ofMillis(300);

  public StandbyConfig {
    takeOver = List.copyOf(takeOver);
    giveBack = List.copyOf(giveBack);
    if (active.isUnresolved()) {
      throw new IllegalArgumentException("active is " + active + ": must be an address");
    }
    if (silence.compareTo(LEAST_SILENCE) < 0) {
      throw new IllegalArgumentException(
          "silence is " + silence + ": must be at least " + LEAST_SILENCE);
    }
    if (takeOver.isEmpty()) {
      throw new IllegalArgumentException("takeOver is empty: name a program");
    }
  }

  /** Stands by, and takes over after three seconds without a word. */
  public static StandbyConfig of(InetSocketAddress active, List<String> takeOver) {
    return new StandbyConfig(active, Duration.ofSeconds(3), takeOver, List.of(), null);
  }

  public StandbyConfig silence(Duration value) {
    return new StandbyConfig(active, value, takeOver, giveBack, state);
  }

  public StandbyConfig giveBack(List<String> value) {
    return new StandbyConfig(active, silence, takeOver, value, state);
  }

  public StandbyConfig state(@Nullable Path value) {
    return new StandbyConfig(active, silence, takeOver, giveBack, value);
  }
}

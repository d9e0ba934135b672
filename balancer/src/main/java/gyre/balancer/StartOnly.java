package gyre.balancer;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a file that are read when the process starts, and never again. A reload in which one
 * of them differs is refused: an operator who changes it has to learn that it takes a new process.
 */
final class StartOnly {
  record Key(String name, Function<BalancerConfig, @Nullable Object> value) {
    boolean isSame(BalancerConfig one, BalancerConfig other) {
      return Objects.equals(value.apply(one), value.apply(other));
    }
  }

  static final List<Key> KEYS =
      List.of(
          new Key("stop_seconds", BalancerConfig::stopTimeout),
          new Key("loops", BalancerConfig::loops),
          new Key("control", BalancerConfig::control),
          new Key("web", BalancerConfig::web),
          new Key("replicate", config -> of(config.replicate(), ReplicationConfig::address)),
          new Key("replicate_to", config -> of(config.replicate(), ReplicationConfig::followers)),
          new Key("standby.active", config -> of(config.standby(), StandbyConfig::active)),
          new Key(
              "standby.silence_seconds", config -> of(config.standby(), StandbyConfig::silence)),
          new Key("standby.take_over", config -> of(config.standby(), StandbyConfig::takeOver)),
          new Key("standby.give_back", config -> of(config.standby(), StandbyConfig::giveBack)),
          new Key("standby.state", config -> of(config.standby(), StandbyConfig::state)));

  private StartOnly() {}

  private static <T> @Nullable Object of(
      @Nullable T part, Function<T, ? extends @Nullable Object> value) {
    return part == null ? null : value.apply(part);
  }

  /**
   * @throws IllegalArgumentException that names each key that differs
   */
  static void checkSame(BalancerConfig now, BalancerConfig next) {
    List<String> changed = new ArrayList<>();
    for (Key each : KEYS) {
      if (!each.isSame(now, next)) {
        changed.add(each.name());
      }
    }
    if (!changed.isEmpty()) {
      throw new IllegalArgumentException(
          String.join(", ", changed)
              + (changed.size() == 1 ? " differs, and is" : " differ, and are")
              + " read at the start alone: put back what was there, or start a new process with"
              + " --take-over");
    }
  }
}

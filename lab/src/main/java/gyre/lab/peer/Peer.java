package gyre.lab.peer;

import java.util.List;
import java.util.Optional;

/**
 * A program that can be raced, or the reason why it cannot.
 *
 * @param command what to run; the mode and its options follow. Empty if absent
 * @param reason one line on why it is absent; else empty
 */
public record Peer(
    String name,
    Platform platform,
    List<String> command,
    List<String> modes,
    String version,
    String reason) {

  /** What a program runs on, and so how it wants to be warmed and asked. */
  public enum Platform {
    NATIVE,
    /** A program of the lab, which answers on its standard output what it is asked. */
    JVM,
    /** Any other program: warmed in the same way, and asked nothing. */
    FOREIGN_JVM
  }

  public Peer {
    command = List.copyOf(command);
    modes = List.copyOf(modes);
    assert command.isEmpty() != reason.isEmpty();
  }

  public static Peer absent(String name, String reason) {
    return new Peer(name, Platform.NATIVE, List.of(), List.of(), "", reason);
  }

  public boolean isAbsent() {
    return command.isEmpty();
  }

  /** Whether its code is compiled while it runs, so that it is to be warmed. */
  public boolean isJvm() {
    return platform != Platform.NATIVE;
  }

  /** Whether it says what it has allocated, and what it holds, when asked. */
  public boolean answers() {
    return platform == Platform.JVM;
  }

  /** Why this peer cannot do {@code mode}, if so. */
  public Optional<String> refusal(String mode) {
    if (isAbsent()) {
      return Optional.of(reason);
    }
    return modes.contains(mode) ? Optional.empty() : Optional.of("does not offer '" + mode + "'");
  }

  public Peer named(String other) {
    return new Peer(other, platform, command, modes, version, reason);
  }
}

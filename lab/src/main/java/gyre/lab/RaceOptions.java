package gyre.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What to race, how long, and where to write it. Empty lists mean all, empty numbers the default.
 *
 * @param minutes the time that rounds may take beside all else, where no number of them was said
 * @param force also where cores have to be shared, which makes figures worth little
 */
public record RaceOptions(
    List<String> workloads,
    List<String> peers,
    Optional<Integer> rounds,
    Optional<Double> seconds,
    Optional<Double> minutes,
    boolean quick,
    boolean force,
    Optional<Path> json,
    Optional<Path> html,
    Optional<Path> markdown,
    Optional<Path> svg) {

  public RaceOptions {
    workloads = List.copyOf(workloads);
    peers = List.copyOf(peers);
    check(rounds.orElse(1) >= 1 && rounds.orElse(1) <= 1000, "--rounds is 1 to 1000");
    check(seconds.orElse(1.0) >= 0.02 && seconds.orElse(1.0) <= 60, "--seconds is 0.02 to 60");
    check(minutes.orElse(1.0) >= 0.1 && minutes.orElse(1.0) <= 50, "--minutes is 0.1 to 50");
    check(
        minutes.isEmpty() || rounds.isEmpty(),
        "--minutes is for as many rounds as that allows; with --rounds they are counted");
  }

  /** All that are to be written. */
  List<Path> files() {
    return Stream.of(json, html, markdown, svg).flatMap(Optional::stream).toList();
  }

  private static void check(boolean condition, String otherwise) {
    if (!condition) {
      throw new WrongInputException(otherwise);
    }
  }

  /** The same race with nothing said about it. */
  public static RaceOptions of(List<String> workloads, List<String> peers) {
    return new RaceOptions(
        workloads,
        peers,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** The command that does the same again. */
  public String command() {
    StringBuilder command = new StringBuilder("./gyre lab race");
    workloads.forEach(workload -> command.append(' ').append(workload));
    if (!peers.isEmpty()) {
      command.append(" --peers ").append(String.join(",", peers));
    }
    rounds.ifPresent(r -> command.append(" --rounds ").append(r));
    seconds.ifPresent(s -> command.append(" --seconds ").append(s));
    minutes.ifPresent(m -> command.append(" --minutes ").append(m));
    return command.append(quick ? " --quick" : "").append(force ? " --force" : "").toString();
  }
}

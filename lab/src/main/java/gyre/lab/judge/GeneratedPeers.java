package gyre.lab.judge;

import gyre.generator.Generator;
import gyre.generator.ProgramKind;
import gyre.generator.ProjectOptions;
import gyre.generator.Target;
import gyre.lab.LabException;
import gyre.lab.WrongInputException;
import gyre.lab.peer.Peer;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The echo servers that {@code gyre new} writes, as peers of a race. */
@SuppressWarnings("exports") // for the lab itself
public final class GeneratedPeers {
  /** The word that stands for them on the command line, in the place of a workload. */
  public static final String WORD = "generated";

  private static final String NAME = "raced-server";
  private static final String SUFFIX = "-new";

  private final Path folder;
  private final PrintStream out;

  /** Built below a folder, which is told of on {@code out}. */
  public GeneratedPeers(Path folder, PrintStream out) {
    this.folder = folder;
    this.out = out;
  }

  /** Those named, by target or by name; all where nothing is named. */
  public List<Peer> build(List<String> names) {
    check(names);
    List<Peer> peers = new ArrayList<>();
    for (Target target : Target.values()) {
      boolean isAsked =
          names.isEmpty() || names.contains(target.label()) || names.contains(name(target));
      if (isAsked && Generator.offers(ProgramKind.TCP_ECHO, target)) {
        peers.add(build(target));
      }
    }
    return peers;
  }

  private static void check(List<String> names) {
    for (String name : names) {
      if (Arrays.stream(Target.values())
          .noneMatch(target -> name.equals(target.label()) || name.equals(name(target)))) {
        throw new WrongInputException(
            "no generated server '%s'; there are: %s"
                .formatted(
                    name,
                    String.join(", ", Arrays.stream(Target.values()).map(Target::label).toList())));
      }
    }
  }

  private static String name(Target target) {
    return target.label() + SUFFIX;
  }

  private Peer build(Target target) {
    Toolchain tools = new Toolchain(target);
    Optional<String> refusal =
        tools.runs() ? tools.refusal() : Optional.of("it can't run on this system");
    if (refusal.isPresent()) {
      return Peer.absent(name(target), refusal.get());
    }
    out.println("building tcp-echo for " + target.label());
    Path directory = folder.resolve(Toolchain.folder(ProgramKind.TCP_ECHO, target));
    var ignored =
        Generator.project(ProgramKind.TCP_ECHO, target, NAME, ProjectOptions.defaults())
            .write(directory, true);
    try {
      return Steps.run(directory, tools.steps(directory), out::println)
          ? peer(target, tools.command(directory, NAME))
          : Peer.absent(name(target), "it does not build in " + directory);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while the generated servers were built", e);
    }
  }

  /**
   * The race says {@code echo --port 0} to its peers; these take other words, so those are dropped.
   * The shell is replaced by the server, whose process the race looks at. One on a JVM is warmed as
   * the lab's own are, and asked nothing: it is a program of a user, who has no answers for a lab.
   */
  static Peer peer(Target target, List<String> server) {
    List<String> command = new ArrayList<>(List.of("sh", "-c"));
    command.add(
        String.join(" ", server.stream().map(GeneratedPeers::quoted).toList())
            .transform(line ->
                "exec " + line + " --listen 127.0.0.1:0 --idle-timeout 3600 --drain-timeout 0"));
    return new Peer(
        name(target),
        target == Target.GYRE ? Peer.Platform.FOREIGN_JVM : Peer.Platform.NATIVE,
        command,
        List.of("echo"),
        "tcp-echo of gyre new, " + target.description(),
        "");
  }

  private static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }
}

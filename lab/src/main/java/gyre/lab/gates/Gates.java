package gyre.lab.gates;

import gyre.lab.race.ProcessFiles;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Takes a server through all gates that were asked for, one after the other. */
public final class Gates {
  private final GateOptions options;
  private final Meter meter;
  private final Optional<Inside> inside;
  private final Runnable check;
  private final PrintStream out;

  Gates(
      GateOptions options, Meter meter, Optional<Inside> inside, Runnable check, PrintStream out) {
    this.options = options;
    this.check = check;
    this.meter = meter;
    this.inside = inside;
    this.out = out;
  }

  /**
   * Judges a server; takes as long as the options say.
   *
   * @param target as {@code 127.0.0.1:9000}, {@code http://127.0.0.1:8080/} or the number of a
   *     process
   * @param check throws where somebody wants it to end: what was measured then says nothing
   * @param out is told how it goes on
   * @throws gyre.lab.LabException if there is no such server, or it speaks something else
   */
  public static GateReport judge(
      String target,
      GateOptions options,
      GatePrograms programs,
      Inside.Source source,
      Runnable check,
      PrintStream out) {
    Target found = Target.of(target);
    out.println("judging " + found.describe());
    Instant startedAt = Instant.now();
    Optional<Inside> inside =
        found.processes().size() == 1 ? source.of(found.processes().getFirst()) : Optional.empty();
    Gates gates =
        new Gates(options, new LoadMeter(found, options, programs, out), inside, check, out);
    try {
      List<Judgement> judgements = gates.run();
      Duration took = Duration.between(startedAt, Instant.now());
      return new GateReport(found.describe(), startedAt, took, remarks(found), judgements);
    } finally {
      inside.ifPresent(Inside::close);
    }
  }

  private static List<String> remarks(Target target) {
    List<String> remarks = new ArrayList<>();
    if (ProcessFiles.allowedCores().length < 2) {
      remarks.add(
          "server and generator share one core: latency and CPU time are those of both together");
    }
    if (!target.isLoopback()) {
      remarks.add("the server is reached over a network: latency is that of both");
    }
    return remarks;
  }

  List<Judgement> run() {
    meter.warmUp();
    List<Judgement> judgements = new ArrayList<>();
    Judge judge = new Judge(options);
    for (Gate gate : Gate.values()) {
      if (options.gates().contains(gate)) {
        inside.ifPresent(each -> each.sinceLast());
        Judgement judgement = withInside(judge.of(gate, meter.measure(gate)));
        check.run();
        out.println(GateReport.line(judgement));
        judgements.add(judgement);
      }
    }
    return judgements;
  }

  private Judgement withInside(Judgement judgement) {
    if (inside.isEmpty()) {
      return judgement;
    }
    Map<String, Object> figures = new LinkedHashMap<>(judgement.figures());
    inside.get().sinceLast().forEach((name, value) -> figures.put("inside_" + name, value));
    return new Judgement(judgement.gate(), judgement.outcome(), judgement.reason(), figures);
  }
}

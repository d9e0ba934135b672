package gyre.lab.round;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;

/**
 * Races participants in turns: in each round all of them do all workloads, in an order that is
 * shuffled anew, so that what the machine does in the meantime meets everybody alike.
 */
final class RoundRace {
  private static final long SEED = 20_261_129;

  /** A run has shown no figure. */
  static final class NoFigure extends Exception {
    private static final long serialVersionUID = 1L;
    private final String participant;

    NoFigure(String participant, String message) {
      super(message);
      this.participant = participant;
    }

    String participant() {
      return participant;
    }
  }

  private final Target target;
  private final Commands commands;
  private final Path logs;

  RoundRace(Target target, Commands commands, Path logs) {
    this.target = target;
    this.commands = commands;
    this.logs = logs;
  }

  /** Races so many rounds; participants by name, in no order that matters. */
  RaceResult run(Map<String, Tree> participants, int rounds) throws NoFigure {
    Map<String, Map<String, List<Double>>> figures = new LinkedHashMap<>();
    for (Target.Workload workload : target.workloads()) {
      Map<String, List<Double>> of = new LinkedHashMap<>();
      participants.keySet().forEach(name -> of.put(name, new ArrayList<>()));
      figures.put(workload.name(), of);
    }
    Random random = new Random(SEED);
    int runs = 0;
    for (int round = 0; round < rounds; round++) {
      for (Target.Workload workload : target.workloads()) {
        List<String> order = new ArrayList<>(participants.keySet());
        Collections.shuffle(order, random);
        for (String name : order) {
          Tree tree = java.util.Objects.requireNonNull(participants.get(name));
          double figure = figure(workload, name, tree, runs++);
          figures
              .getOrDefault(workload.name(), Map.of())
              .getOrDefault(name, new ArrayList<>())
              .add(figure);
        }
      }
    }
    return new RaceResult(figures);
  }

  private double figure(Target.Workload workload, String name, Tree tree, int run) throws NoFigure {
    Path said = logs.resolve("%04d-%s-%s.txt".formatted(run, workload.name(), name));
    Shell.Result result =
        commands.run(workload.command(), tree, Map.of("RUN", Integer.toString(run)), said);
    if (!result.isGood()) {
      throw new NoFigure(name, workload.name() + ": " + result.failure());
    }
    List<Double> samples = new ArrayList<>();
    Matcher matcher = workload.sample().matcher(result.output());
    while (matcher.find()) {
      samples.add(Double.parseDouble(matcher.group(1)));
    }
    if (samples.isEmpty() || Measured.median(samples) <= 0) {
      throw new NoFigure(name, workload.name() + ": it printed no figure: " + result.failure());
    }
    return Measured.median(samples);
  }
}

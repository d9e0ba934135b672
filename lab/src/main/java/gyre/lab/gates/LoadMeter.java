package gyre.lab.gates;

import gyre.lab.gates.Measured.Growth;
import gyre.lab.gates.Target.Protocol;
import gyre.lab.race.Child;
import gyre.lab.race.PeerFailure;
import gyre.lab.race.ProcessFiles;
import gyre.lab.result.Entry.Status;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Measures by real load: the generator for all gates but that of many connections. */
final class LoadMeter implements Meter {
  private static final int WARM_UP_WEIGHT = 10;
  private static final int MOST_POINTS = 24;
  private static final int LEAST_POINTS = 6;
  private static final int POINT_MILLIS = 2000;
  private static final int PAIRS = 3;
  private static final long NANOS_PER_TICK = 10_000_000;
  private static final Duration STARTING = Duration.ofSeconds(15);
  private static final String READY = "listening ";

  /** What the programs that answer HTTP in C answer to. */
  private static final String REFERENCE_PATH = "/hello";

  private final Target target;
  private final GateOptions options;
  private final GatePrograms programs;
  private final PrintStream out;
  private final int totalMillis;
  private final int weights;

  LoadMeter(Target target, GateOptions options, GatePrograms programs, PrintStream out) {
    this(target, options, programs, out, options.seconds() * 1000);
  }

  /** One that takes another time than the options say, which allow no less than some seconds. */
  LoadMeter(
      Target target, GateOptions options, GatePrograms programs, PrintStream out, int totalMillis) {
    this.totalMillis = totalMillis;
    this.target = target;
    this.options = options;
    this.programs = programs;
    this.out = out;
    this.weights = WARM_UP_WEIGHT + options.gates().stream().mapToInt(LoadMeter::weight).sum();
  }

  private static int weight(Gate gate) {
    return switch (gate) {
      case LATENCY -> 15;
      case FAIRNESS -> 10;
      case MEMORY -> 25;
      case CPU, CONNECTIONS -> 20;
    };
  }

  private int millis(int weight) {
    return (int) ((long) totalMillis * weight / weights);
  }

  @Override
  public void warmUp() {
    if (!programs.generator().isEmpty()) {
      try {
        Round ignored = run(millis(WARM_UP_WEIGHT));
      } catch (PeerFailure e) {
        out.println("  while it ran in: " + reason(e));
      }
    }
  }

  @Override
  public Measured measure(Gate gate) {
    int millis = millis(weight(gate));
    if (gate == Gate.CONNECTIONS) {
      return new Holder(target, options, millis).run();
    }
    if (programs.generator().isEmpty()) {
      return new Measured.Unknown("there is no load generator: " + programs.generatorReason());
    }
    try {
      return switch (gate) {
        case LATENCY -> latency(millis);
        case FAIRNESS -> fairness(millis);
        case MEMORY -> memory(millis);
        case CPU, CONNECTIONS -> cpu(millis);
      };
    } catch (PeerFailure e) {
      return e.status() == Status.ABSENT
          ? new Measured.Unknown(reason(e))
          : new Measured.Broken("it did not answer as it should: " + reason(e));
    }
  }

  /** The last line says what was wrong first. */
  private static String reason(PeerFailure failure) {
    String message = String.valueOf(failure.getMessage());
    return message
        .lines()
        .filter(line -> line.startsWith("first error: ") || line.startsWith("connection "))
        .findFirst()
        .orElse(message.replace('\n', ' '));
  }

  /** Where it misses the limit, the program in C is asked too: perhaps the machine is to blame. */
  private Measured latency(int millis) throws PeerFailure {
    int each = millis * 2 / 3;
    Round round = atRate(judged(), each);
    double reference = Double.NaN;
    if (round.latency().micros(99) / 1e3 > options.latencyLimitMillis()
        && !programs.reference().isEmpty()
        && !target.isTls()) {
      try (Child child = Child.start("c-uring", reference())) {
        reference = atRate(referenceAt(port(child)), millis - each).latency().micros(99) / 1e3;
      } catch (PeerFailure | ReferenceFailure e) {
        out.println("  c-uring does not answer: " + e.getMessage());
      }
    }
    return new Measured.Delays(
        options.rate() * round.seconds(),
        round.seconds(),
        round.requests(),
        round.unanswered(),
        round.latency(),
        reference);
  }

  /** Where a generator goes. */
  private record Place(String host, int port, String path, String tlsName) {}

  private Place judged() {
    return new Place(target.host(), target.address().getPort(), target.path(), target.tlsName());
  }

  /** The program in C, which is started here, wherever the server is that is judged. */
  private static Place referenceAt(int port) {
    return new Place("127.0.0.1", port, REFERENCE_PATH, "");
  }

  private Round atRate(Place place, int millis) throws PeerFailure {
    int runIn = millis / 5;
    return Round.run(
        command(
            place,
            "--rate",
            "" + options.rate(),
            "--warmup-ms",
            "" + runIn,
            "--measure-ms",
            "" + (millis - runIn),
            "--by-connection"),
        millis);
  }

  private List<String> reference() {
    List<String> command = new ArrayList<>(programs.reference());
    command.addAll(List.of(target.protocol() == Protocol.ECHO ? "echo" : "http", "--port", "0"));
    return command;
  }

  private Measured fairness(int millis) throws PeerFailure {
    int runIn = millis / 10;
    Round round =
        Round.run(
            command(
                judged(),
                "--warmup-ms",
                "" + runIn,
                "--measure-ms",
                "" + (millis - runIn),
                "--by-connection"),
            millis);
    return new Measured.Shares(round.answered(), round.worstNanos());
  }

  /**
   * Works for a while, looks, and works again: at rest, what is in flight does not count. The first
   * quarter is not looked at, since caches and pools fill up then.
   */
  private Measured memory(int millis) throws PeerFailure {
    if (target.processes().isEmpty()) {
      return new Measured.Unknown(unseen());
    }
    List<MemoryOf> memories = target.processes().stream().map(MemoryOf::process).toList();
    int count = Math.clamp(millis / POINT_MILLIS, LEAST_POINTS, MOST_POINTS);
    int each = millis / count;
    long start = System.nanoTime();
    long deadline = start + millis * 1_000_000L;
    List<Double> requests = new ArrayList<>();
    List<MemoryOf.Look> looks = new ArrayList<>();
    double done = 0;
    for (int i = 0; i <= count && (i == 0 || System.nanoTime() < deadline); i++) {
      // To look at a JVM takes a while, which is not to come on top.
      long began = System.nanoTime();
      looks.add(memories.stream().map(MemoryOf::look).reduce(MemoryOf.Look::plus).orElseThrow());
      requests.add(done);
      int looked = (int) ((System.nanoTime() - began) / 1_000_000);
      if (Double.isNaN(looks.getLast().resident())) {
        return new Measured.Broken("the process has ended, or its memory may not be seen");
      }
      if (i < count) {
        done += run(Math.max(each / 4, each - looked)).requests();
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    int from = looks.size() / 4;
    return growth(
        memories,
        requests.subList(from, looks.size()),
        looks.subList(from, looks.size()),
        seconds * (looks.size() - from) / looks.size());
  }

  private static Growth growth(
      List<MemoryOf> memories, List<Double> requests, List<MemoryOf.Look> looks, double seconds) {
    boolean isJvm = memories.stream().allMatch(MemoryOf::isJvm);
    List<Growth.Point> live = new ArrayList<>();
    List<Growth.Point> resident = new ArrayList<>();
    for (int i = 0; i < looks.size(); i++) {
      live.add(new Growth.Point(requests.get(i), looks.get(i).live()));
      resident.add(new Growth.Point(requests.get(i), looks.get(i).resident()));
    }
    List<Growth.Series> series = new ArrayList<>();
    if (isJvm) {
      series.add(new Growth.Series("live objects", true, live));
    }
    series.add(new Growth.Series("resident memory", !isJvm, resident));
    return new Growth(series, seconds);
  }

  private String unseen() {
    return "no process that listens there may be seen: judge it on its own machine, as its user";
  }

  /** In turn with the program in C, so that both meet the same machine. */
  private Measured cpu(int millis) throws PeerFailure {
    if (target.processes().isEmpty()) {
      return new Measured.Unknown(unseen());
    }
    int each = millis / (2 * PAIRS);
    double[] costs = new double[PAIRS];
    double[] references = new double[PAIRS];
    if (programs.reference().isEmpty() || target.isTls()) {
      for (int i = 0; i < PAIRS; i++) {
        costs[i] = cost(target.processes(), judged(), each);
      }
      return new Measured.Cost(
          median(costs), Double.NaN, target.isTls() ? "speaks no TLS" : programs.referenceReason());
    }
    try (Child reference = Child.start("c-uring", reference())) {
      int port = port(reference);
      for (int i = 0; i < PAIRS; i++) {
        costs[i] = cost(target.processes(), judged(), each);
        references[i] = costOf(reference, port, each);
      }
      return new Measured.Cost(median(costs), median(references), "");
    } catch (ReferenceFailure e) {
      return new Measured.Cost(
          cost(target.processes(), judged(), each),
          Double.NaN,
          "does not run here: " + reason(e.failure));
    }
  }

  private double costOf(Child reference, int port, int millis) {
    try {
      return cost(List.of(reference.pid()), referenceAt(port), millis);
    } catch (PeerFailure e) {
      throw new ReferenceFailure(e);
    }
  }

  /** It is not the server that is judged which failed. */
  private static final class ReferenceFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient PeerFailure failure;

    ReferenceFailure(PeerFailure failure) {
      super(failure);
      this.failure = failure;
    }
  }

  private static int port(Child reference) {
    try {
      return Integer.parseInt(reference.hear(STARTING).substring(READY.length()).strip());
    } catch (PeerFailure e) {
      throw new ReferenceFailure(e);
    }
  }

  /**
   * Of a request, in nanoseconds. The generator reads the clock of one process in exactly the time
   * that it measures; of several, ticks are added up. Both know of threads that have ended.
   */
  private double cost(List<Long> processes, Place place, int millis) throws PeerFailure {
    List<String> command = command(place, "--warmup-ms", "0", "--measure-ms", "" + millis);
    if (processes.size() == 1) {
      command.addAll(List.of("--pid", Long.toString(processes.getFirst())));
    }
    long before = ticks(processes);
    Round round = Round.run(command, millis);
    long spent =
        processes.size() == 1
            ? round.serverCpuNanos()
            : (ticks(processes) - before) * NANOS_PER_TICK;
    return round.requests() == 0 ? Double.NaN : (double) spent / round.requests();
  }

  private static long ticks(List<Long> processes) {
    return processes.stream().mapToLong(ProcessFiles::cpuTicks).sum();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private Round run(int millis) throws PeerFailure {
    return Round.run(
        command(judged(), "--warmup-ms", "0", "--measure-ms", "" + Math.max(1, millis)), millis);
  }

  private List<String> command(Place place, String... more) {
    List<String> command = new ArrayList<>(programs.generator());
    command.add(target.protocol() == Protocol.ECHO ? "echo" : "get");
    command.addAll(List.of("--host", place.host(), "--port", Integer.toString(place.port())));
    if (!place.tlsName().isEmpty()) {
      command.addAll(List.of("--tls", "--tls-name", place.tlsName()));
    }
    command.addAll(List.of("--connections", Integer.toString(options.busyConnections())));
    if (target.protocol() == Protocol.ECHO) {
      command.addAll(List.of("--bytes", Integer.toString(options.messageBytes())));
    } else {
      command.addAll(List.of("--path", place.path(), "--host-field", target.hostField()));
    }
    command.addAll(List.of(more));
    return command;
  }
}

package gyre.insight;

import gyre.probe.Counter;
import gyre.probe.Distribution;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A process that is looked at again and again: each look tells what has happened since the one
 * before. By one thread at a time.
 */
public final class Observation implements AutoCloseable {
  /**
   * What a look saw.
   *
   * @param command what runs there, as far as the system tells
   * @param now all that was counted since the loops were opened
   * @param change what was counted since the look before
   * @param seconds that have passed since
   */
  public record Look(
      long pid,
      String command,
      ProcessSnapshot now,
      ProcessSnapshot change,
      double seconds,
      Facts facts,
      List<StallReport> stalls,
      List<Verdict> verdicts) {
    public Look {
      stalls = List.copyOf(stalls);
      verdicts = List.copyOf(verdicts);
    }
  }

  private final GyreProcess process;
  private final Machine machine;
  private final String command;
  private @Nullable ProcessSnapshot before;
  private @Nullable Facts factsBefore;
  private final LeakWatch leaks = new LeakWatch();
  private List<TreeLine> unwoken = List.of();

  /** Those that were told last; null where they have to be asked for. */
  private @Nullable List<StallReport> known;

  private boolean didAnswer;

  private Observation(GyreProcess process, Machine machine) {
    this.process = process;
    this.machine = machine;
    this.command = commandOf(process.pid());
  }

  /** See {@link GyreProcess#open}. */
  public static Observation open(long pid) throws IOException {
    return new Observation(GyreProcess.open(pid), Machine.REAL);
  }

  private static String commandOf(long pid) {
    Optional<String> line =
        Machine.REAL.text("/proc/" + pid + "/cmdline").map(text -> text.replace('\0', ' '));
    return line.map(Observation::shortened).map(Printable::of).orElse("");
  }

  /** The main class or jar, and its arguments. */
  private static String shortened(String line) {
    StringBuilder rest = new StringBuilder();
    boolean isBeforeMain = true;
    boolean takesValue = false;
    for (String word : line.split(" ", -1)) {
      if (takesValue) {
        takesValue = false;
      } else if (isBeforeMain && word.matches("-cp|-classpath|--[a-z-]+|-p")) {
        takesValue = true;
      } else if (!isBeforeMain || !(word.startsWith("-") || word.endsWith("/java"))) {
        isBeforeMain = false;
        rest.append(rest.isEmpty() ? "" : " ").append(word);
      }
    }
    return rest.toString();
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** The first look tells of the whole life of the loops. */
  public Look look() throws IOException {
    ProcessSnapshot now = process.read();
    Facts facts = Facts.of(machine, now, factsBefore);
    ProcessSnapshot old = before;
    Facts oldFacts = factsBefore;
    before = now;
    factsBefore = facts;
    ProcessSnapshot change = old == null ? now : now.since(old);
    List<StallReport> stalls = stalls(now, change);
    if (old == null || oldFacts == null) {
      double lived = (System.currentTimeMillis() - now.started().toEpochMilli()) / 1e3;
      return new Look(
          process.pid(), command, now, now, Math.max(lived, 1e-3), facts, stalls, List.of());
    }
    double seconds = Math.max(1, now.takenNanos() - old.takenNanos()) / 1e9;
    return new Look(
        process.pid(),
        command,
        now,
        change,
        seconds,
        facts,
        stalls,
        verdicts(
            Diagnosis.of(old, now, oldFacts, facts, stalls, seenTwice(waits())), leaks.look(now)));
  }

  private static List<Verdict> verdicts(List<Verdict> some, List<Verdict> others) {
    List<Verdict> all = new ArrayList<>(some);
    all.addAll(others);
    return all;
  }

  /** One that is ready and not woken may be about to be: it is told when it is so once more. */
  private List<TreeLine> seenTwice(List<TreeLine> waits) {
    List<TreeLine> before = unwoken;
    unwoken = waits.stream().filter(TreeLine::isUnwoken).toList();
    return waits.stream()
        .filter(line -> !line.isUnwoken() || before.stream().anyMatch(line::isSameWait))
        .toList();
  }

  /**
   * They are long: asked for where the figures say that there may be others, and at the look after
   * that, as the watchdog sees them a little later than the loop counts them.
   */
  private List<StallReport> stalls(ProcessSnapshot now, ProcessSnapshot change) {
    List<StallReport> before = known;
    List<StallReport> told = before == null ? asked(Control::stalls) : before;
    boolean mayHaveChanged =
        hasStalled(now, change) || told.stream().anyMatch(stall -> stall.endedNanos() == 0);
    if (before != null && mayHaveChanged) {
      told = asked(Control::stalls);
    }
    known = mayHaveChanged || !didAnswer ? null : told;
    return told;
  }

  private static boolean hasStalled(ProcessSnapshot now, ProcessSnapshot change) {
    long limit = now.stallLimitNanos();
    return now.loops().stream().anyMatch(loop -> loop.turnNanos() > limit)
        || change.loops().stream()
            .anyMatch(loop ->
                loop.get(Counter.STALLS) > 0 || loop.spread(Distribution.TURN).above(limit) > 0);
  }

  private List<TreeLine> waits() {
    return asked(Control::waits);
  }

  private interface Question<T> {
    List<T> ask(long pid) throws IOException;
  }

  /**
   * One without a watchdog tells nothing; nor does one that does not answer, whose figures tell
   * enough, or one of another release, whose answer makes no sense.
   */
  private <T> List<T> asked(Question<T> question) {
    didAnswer = false;
    try {
      List<T> told = Control.answers(process.pid()) ? question.ask(process.pid()) : List.of();
      didAnswer = true;
      return told;
    } catch (IOException | RuntimeException e) {
      StallLog.LOGGER.log(System.Logger.Level.DEBUG, "no answer of " + process.pid(), e);
      return List.of();
    }
  }

  @Override
  public void close() {
    process.close();
  }
}

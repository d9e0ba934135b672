package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.result.Entry;
import gyre.lab.result.Entry.Status;
import gyre.lab.result.Probe;
import gyre.lab.result.Sample;
import gyre.lab.workload.Workload;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Runs a plan, one heat after the other.
 *
 * <p>In a heat every peer is started and warmed first. Then come the rounds: each peer once in a
 * round, one at a time while the others sleep, and in another order in every round, so that nobody
 * always follows the same one. Then each is looked at more closely, by itself. A peer that fails is
 * out of the heat, and the heat goes on.
 */
public final class Race {
  private final Plan plan;
  private final Bench bench;
  private final Progress progress;
  private final List<Entry> entries = new ArrayList<>();
  private volatile boolean stopped;

  public Race(Plan plan, Bench bench, Progress progress) {
    this.plan = plan;
    this.bench = bench;
    this.progress = progress;
  }

  /** Whatever could be measured; all of the plan unless {@link #stop} was called. */
  public List<Entry> run() {
    for (Plan.Heat heat : plan.heats()) {
      if (stopped) {
        break;
      }
      entries.addAll(run(heat));
    }
    progress.end();
    return List.copyOf(entries);
  }

  public boolean isStopped() {
    return stopped;
  }

  /** Ends the race soon. From any thread; {@link #run} then answers with what it has. */
  public void stop() {
    stopped = true;
    Children.killAll();
  }

  private List<Entry> run(Plan.Heat heat) {
    Workload workload = heat.workload().within(bench.descriptors());
    List<Runner> runners = new ArrayList<>();
    for (Peer peer : heat.peers()) {
      runners.add(new Runner(workload, peer, Lane.of(workload, peer, bench, plan.pace())));
    }
    try {
      for (Runner runner : runners) {
        progress.tell(workload + "  warming " + runner.peer.name());
        runner.attempt(runner::open);
        progress.spend(runner.share(heat, 0.4));
      }
      rounds(heat, runners);
      for (Runner runner : runners) {
        progress.tell(workload + "  looking closer at " + runner.peer.name());
        runner.look();
        progress.spend(runner.share(heat, 0.2));
      }
    } finally {
      runners.forEach(runner -> runner.lane.close());
    }
    String note =
        workload.equals(heat.workload())
            ? ""
            : "smaller, as descriptors allow: " + workload.options();
    return runners.stream().flatMap(runner -> runner.entries(note).stream()).toList();
  }

  private void rounds(Plan.Heat heat, List<Runner> runners) {
    int rounds = plan.pace().rounds();
    Random random = new Random();
    long deadline = System.nanoTime() + plan.roundsNanosAtMost(heat);
    for (int round = 0; round < rounds && !stopped; round++) {
      if (round >= Pace.LEAST_ROUNDS && System.nanoTime() > deadline) {
        break; // Work that counts operations instead of the time takes as long as it takes.
      }
      List<Runner> order = new ArrayList<>(runners);
      Collections.shuffle(order, random);
      for (Runner runner : order) {
        progress.tell(
            "%s  round %d/%d  %s"
                .formatted(heat.workload(), round + 1, rounds, runner.peer.name()));
        if (round < runner.lane.roundsAtMost()) {
          runner.measure(round);
        }
        progress.spend(runner.share(heat, 0.4 / rounds));
      }
    }
  }

  /** A peer in a heat, with what was found of it so far. */
  private final class Runner {
    private final Workload workload;
    private final Peer peer;
    private final Lane lane;
    private final List<Map<String, Sample>> samples = new ArrayList<>();
    private Probe probe = Probe.NONE;
    private Status status = Status.MEASURED;
    private String note = "";

    Runner(Workload workload, Peer peer, Lane lane) {
      this.workload = workload;
      this.peer = peer;
      this.lane = lane;
    }

    void measure(int round) {
      attempt(() -> samples.add(lane.measure(round, plan.pace().roundMillis())));
    }

    void open() throws PeerFailure {
      if (!lane.open()) {
        note = "was still being compiled, or still got faster, when the rounds began";
      }
    }

    /** What was measured stays measured, whatever a tool has to say. */
    void look() {
      if (status != Status.MEASURED || stopped) {
        return;
      }
      try {
        probe = lane.probe(plan.pace().probeMillis());
      } catch (PeerFailure failure) {
        note = "could not be looked at closer: " + failure.getMessage();
      }
    }

    void attempt(Step step) {
      if (status != Status.MEASURED || stopped) {
        return;
      }
      try {
        step.run();
      } catch (PeerFailure failure) {
        if (stopped) {
          return; // It was ended, it did not fail.
        }
        fail(failure.status(), String.valueOf(failure.getMessage()));
      } catch (RuntimeException e) {
        fail(Status.FAILED, "said what the lab does not understand: " + e);
      }
    }

    private void fail(Status how, String why) {
      status = how;
      note = why;
      progress.note(workload + "  " + peer.name() + ": " + note);
      lane.close();
    }

    long share(Plan.Heat heat, double share) {
      return (long) (Plan.millis(heat, plan.pace()) * share / heat.peers().size());
    }

    List<Entry> entries(String remark) {
      String said = note.isEmpty() ? remark : note;
      return workload.variants().stream()
          .map(variant ->
              new Entry(
                  workload,
                  variant,
                  peer.name(),
                  samples.stream().map(sample -> sample.get(variant)).toList(),
                  probe,
                  samples.isEmpty() && status == Status.MEASURED ? Status.ABSENT : status,
                  samples.isEmpty() && said.isEmpty() ? "not reached before the end" : said))
          .toList();
    }
  }

  /** A step of a lane. */
  private interface Step {
    void run() throws PeerFailure;
  }
}

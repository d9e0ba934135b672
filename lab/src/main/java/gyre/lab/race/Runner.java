package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.result.Entry;
import gyre.lab.result.Entry.Status;
import gyre.lab.result.Probe;
import gyre.lab.result.Ratios;
import gyre.lab.result.Sample;
import gyre.lab.result.Sample.Moment;
import gyre.lab.result.Sample.Place;
import gyre.lab.result.Spread;
import gyre.lab.workload.Workload;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** A peer in a heat, with what was found of it so far, and what became of it. */
final class Runner {
  private static final String COLD =
      "was still being compiled, or still got faster, when the rounds began";

  private final Workload workload;
  private final Peer peer;
  private final Lane lane;
  private final Progress progress;
  private final List<Map<String, Sample>> samples = new ArrayList<>();
  private Probe probe = Probe.NONE;
  private Status status = Status.MEASURED;
  private boolean isResting;

  /** It goes on with a new process. */
  private boolean isToBeginAnew;

  /** For which share of the last sample's time somebody disturbed. */
  private double disturbed;

  private String note = "";

  Runner(Workload workload, Peer peer, Lane lane, Progress progress) {
    this.workload = workload;
    this.peer = peer;
    this.lane = lane;
    this.progress = progress;
  }

  String name() {
    return peer.name();
  }

  /** Whether there is something of it to measure in this round. */
  boolean takesPart(int round) {
    return status == Status.MEASURED && round < lane.roundsAtMost();
  }

  /** Whether to measure it again costs no more than the time that is measured. */
  boolean isCheap() {
    return lane.roundsAtMost() == Integer.MAX_VALUE;
  }

  void open() {
    attempt(() -> noteUnless(lane.open()));
  }

  private void noteUnless(boolean isWarm) {
    if (!isWarm) {
      addNote(COLD);
    }
  }

  /** Others were measured meanwhile; it may go on with another process. */
  void resume() {
    if (isResting) {
      return;
    }
    if (isToBeginAnew) {
      isToBeginAnew = false;
      lane.close();
      attempt(() -> noteUnless(lane.reopen()));
    } else {
      attempt(lane::resume);
    }
  }

  boolean isJvm() {
    return peer.isJvm();
  }

  /** At the next opportunity, with another process. */
  void beginAnew() {
    isToBeginAnew = true;
  }

  /** What was measured so far was too early to count. */
  void forget() {
    if (isCheap()) {
      samples.clear();
    }
  }

  /** That round was not finished. */
  void forget(int round) {
    samples.removeIf(placed -> placed.values().stream().anyMatch(s -> s.round() == round));
  }

  /** It is known well enough, and not measured again. */
  void rest() {
    isResting = true;
  }

  boolean isResting() {
    return isResting;
  }

  /**
   * Others are measured next. Then it goes on with another process, where that takes no time to
   * speak of: two of the same program differ by some percent, by where their memory lies.
   */
  void pause() {
    if (status == Status.MEASURED) {
      lane.pause();
      isToBeginAnew |= !isJvm() && isCheap();
    }
  }

  /**
   * A sample more of each variant.
   *
   * @param spell see {@link Lane#measure}
   * @param again in the place of the last one, if somebody disturbed that one more
   */
  void measure(Moment moment, int millis, Calm.Spell spell, boolean again) {
    attempt(() -> {
      Lane.Turn measured = lane.measure(millis, spell);
      if (again && measured.disturbed() >= disturbed) {
        return;
      }
      disturbed = measured.disturbed();
      Place place = new Place(moment, measured.process(), disturbed > Calm.Spell.MUCH);
      Map<String, Sample> placed = new HashMap<>(measured.samples());
      placed.replaceAll((_, sample) -> sample.at(place));
      if (again) {
        samples.removeLast();
      }
      samples.add(placed);
    });
  }

  /** Whether the last measurement is to be made again. */
  boolean wasDisturbed() {
    return status == Status.MEASURED && disturbed > 0;
  }

  /**
   * What was measured stays measured, whatever a tool has to say. Where something went wrong, it is
   * not known what the peer was told and what it will answer: it begins anew before it goes on.
   */
  void look(int millis) {
    if (status != Status.MEASURED || Children.areEnding()) {
      return;
    }
    try {
      probe = lane.probe(millis);
    } catch (PeerFailure failure) {
      if (failure.status() == Status.WRONG) {
        fail(Status.WRONG, String.valueOf(failure.getMessage()));
      } else {
        goOnUnseen(String.valueOf(failure.getMessage()));
      }
    } catch (RuntimeException e) { // of what a tool has written
      goOnUnseen(e.toString());
    }
  }

  private void goOnUnseen(String why) {
    if (!Children.areEnding()) {
      addNote("could not be looked at closer: " + why);
      lane.close();
      attempt(() -> noteUnless(lane.reopen()));
    }
  }

  private void addNote(String more) {
    if (!note.contains(more)) {
      note = note.isEmpty() ? more : note + "; " + more;
    }
  }

  void close() {
    lane.close();
  }

  /** Of the variant of which least is known. */
  double uncertainty(Runner reference) {
    return workload.variants().stream()
        .mapToDouble(variant -> uncertainty(reference, variant))
        .max()
        .orElse(0);
  }

  /** How well its ratio to the reference is known, or its own cost if it is that itself. */
  double uncertainty(Runner reference, String variant) {
    ToDoubleFunction<Sample> cost = Entry.cost(workload.kind().cost());
    List<Sample> own = samples(variant);
    Spread spread =
        this == reference
            ? Spread.of(Sample.counted(own).stream().map(cost::applyAsDouble).toList())
            : Ratios.pairwise(own, reference.samples(variant), cost);
    boolean isEnough = spread.count() >= Math.min(Sample.ENOUGH, own.size());
    return isEnough ? spread.relativeUncertainty() : Double.POSITIVE_INFINITY;
  }

  /** In how many rounds nobody disturbed either, by the variant with the fewest. */
  int calmRounds(Runner reference) {
    return workload.variants().stream()
        .mapToInt(variant ->
            this == reference
                ? Sample.undisturbed(samples(variant)).size()
                : Ratios.calm(samples(variant), reference.samples(variant)))
        .min()
        .orElse(0);
  }

  /** What is to be said where too few of them were in peace to go by those alone; or nothing. */
  String disturbance(Runner reference) {
    int all = samples.size();
    int calm = calmRounds(reference);
    return calm == all || Sample.isEnough(calm, all)
        ? ""
        : "others slowed this machine down in %d of %d rounds, so all of them count"
            .formatted(all - calm, all);
  }

  private List<Sample> samples(String variant) {
    return samples.stream().map(sample -> sample.get(variant)).toList();
  }

  private void attempt(Step step) {
    if (status != Status.MEASURED || Children.areEnding()) {
      return;
    }
    try {
      step.run();
    } catch (PeerFailure failure) {
      if (!Children.areEnding()) { // else it was ended, it did not fail
        fail(failure.status(), String.valueOf(failure.getMessage()));
      }
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

  /** For one variant of the workload; {@code remarks} are of no account where it has failed. */
  Entry entry(String variant, List<String> remarks) {
    List<String> said = new ArrayList<>(List.of(note));
    if (status == Status.MEASURED) {
      // How the lab's own are warmed is known; of a foreign one it is said.
      said.add(peer.answers() ? "" : lane.warmth());
      said.addAll(remarks);
    }
    String notes = said.stream().filter(s -> !s.isEmpty()).collect(Collectors.joining("; "));
    boolean isMissing = samples.isEmpty() && status == Status.MEASURED;
    return new Entry(
        workload,
        variant,
        peer.name(),
        samples(variant),
        probe,
        isMissing ? Status.ABSENT : status,
        isMissing && notes.isEmpty() ? "not reached before the end" : notes);
  }

  /** A step of a lane. */
  private interface Step {
    void run() throws PeerFailure;
  }
}

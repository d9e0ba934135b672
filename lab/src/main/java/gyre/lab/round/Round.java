package gyre.lab.round;

import gyre.lab.LabException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The machine that takes a round from step to step, and writes each down before the next. */
final class Round {
  private final RoundContext context;

  Round(RoundContext context) {
    this.context = context;
  }

  /** Goes on until the round is over, or {@code last} was done. */
  RoundState run(Step last) {
    RoundState state = RoundState.read(context.folder());
    while (state.next() != Step.DONE) {
      Step step = state.next();
      context.say("step " + step.label());
      Optional<Ruling> found = step(step, state);
      found.ifPresent(ruling -> context.say(ruling.toString()));
      state = state.after(found);
      state.write(context.folder());
      if (step == last) {
        break;
      }
    }
    return state;
  }

  /** Does a step on what the others left, ties what it leaves to that, and judges by its files. */
  private Optional<Ruling> step(Step step, RoundState state) {
    RoundFolder folder = context.folder();
    Evidence before = Evidence.read(folder);
    // One that was cut off may have written its files already; no other one may.
    List<String> changed = before.changed(folder, step.files());
    if (!changed.isEmpty()) {
      throw new LabException(
          "%s: %s is not as an earlier step left it: put it back, or start another round"
              .formatted(folder.id(), String.join(", ", changed)));
    }
    context.work().forget();
    perform(step, state);
    if (step == Step.LOG) {
      before.with(folder, step, Map.of(), "").write(folder);
      finish();
      return Optional.empty();
    }
    Map<String, String> built = context.work().built();
    String broken = new Measuring(context).broken();
    if (broken.isEmpty()) {
      broken = before.otherThan(built).orElse("");
    }
    Evidence after = before.with(folder, step, built, broken);
    after.write(folder);
    return Rulings.after(step, folder, after);
  }

  private void perform(Step step, RoundState state) {
    switch (step) {
      case BASELINE -> new Measuring(context).baseline();
      case PROFILE -> new Measuring(context).profile();
      case PROPOSE -> new Asking(context).propose();
      case CHAIR -> new Asking(context).choose();
      case IMPLEMENT -> new Asking(context).implement();
      case LIGHT -> new Judging(context).light();
      case RACE -> new Measuring(context).race();
      case FULL -> new Judging(context).full();
      case CONFIRM -> new Measuring(context).confirm();
      case REPROFILE -> new Measuring(context).profileAgain();
      case LOG -> log(state);
      case DECIDE, DONE -> {} // by the files of the others
    }
  }

  private void log(RoundState state) {
    Ruling ruling =
        state
            .ruling()
            .orElseThrow(() -> new LabException(context.folder().id() + " has no verdict"));
    RoundFolder folder = context.folder();
    folder.write(RoundLog.ENTRY, new EntryWriter(context).text(state, ruling));
    String what = EntryWriter.lesson(folder).map(key -> " (" + key + ")").orElse("");
    context
        .log()
        .memory()
        .put(
            folder.id(),
            "%s, %s%s: %s"
                .formatted(state.target(), ruling.verdict().label(), what, ruling.reason()),
            "%s\n\n[Entry](../log/%s/entry.md)".formatted(ruling, folder.id()));
  }

  private void finish() {
    context.log().refresh();
    Tree.delete(context.work().folder());
  }
}

package gyre.lab.round;

import gyre.lab.LabException;
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
      Optional<Ruling> found = perform(step, state);
      found.ifPresent(ruling -> context.say(ruling.toString()));
      state = state.after(found);
      state.write(context.folder());
      if (step == last) {
        break;
      }
    }
    return state;
  }

  private Optional<Ruling> perform(Step step, RoundState state) {
    return switch (step) {
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
      case DECIDE -> new Judging(context).decide();
      case LOG -> log(state);
      case DONE -> Optional.empty();
    };
  }

  private Optional<Ruling> log(RoundState state) {
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
    context.log().refresh();
    Tree.delete(context.work().folder());
    return Optional.empty();
  }
}

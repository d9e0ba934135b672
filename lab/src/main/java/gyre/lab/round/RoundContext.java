package gyre.lab.round;

import java.io.PrintStream;
import java.time.InstantSource;
import java.util.function.Supplier;

/** What all steps of a round work with. */
record RoundContext(
    Target target,
    Rules rules,
    RoundFolder folder,
    Workplace work,
    Commands commands,
    RoundLog log,
    Supplier<Agent> agent,
    PrintStream out,
    InstantSource clock) {

  void say(String text) {
    out.println(folder.id() + ": " + text);
  }

  Profile profile(String file) {
    return Profile.parse(folder.readIfThere(file).orElse(""));
  }
}

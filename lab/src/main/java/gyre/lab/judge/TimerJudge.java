package gyre.lab.judge;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Judges a program of timers: which fire, in which order, and not before their time. */
public final class TimerJudge extends Judge {
  private static final Duration END_LIMIT = Duration.ofSeconds(20);
  private static final int MANY = 20_000;
  private static final int FAR_MILLIS = 1500;

  public TimerJudge(Subject subject) {
    super(subject);
    promise("fires in the order of times, not of setting", this::order);
    promise("fires none before its time", this::notEarly);
    promise("fires none that was cancelled", this::cancelled);
    promise("gives a timer that is set again its new time", this::setAgain);
    promise("fires each of " + MANY + " timers once", this::many);
    promise("fires far ones after near ones that were set later", this::levels);
    promise("explains wrong lines, and goes on", this::wrongLines);
    promise("sets no more than --max-timers", this::maxTimers);
    promise("ends with 0 at SIGTERM", this::ending);
    promise("ends quietly when nobody reads it any more", this::unread);
    promise("explains wrong options, and exits with 2", this::wrongOptions);
  }

  private List<String> said(String input, String... options)
      throws IOException, InterruptedException {
    try (JudgedProgram program = JudgedProgram.start(subject, options)) {
      program.sayAll(input);
      List<String> lines = program.rest();
      int code = program.await(END_LIMIT);
      check(code == 0, "it exited with " + code + " after " + lines);
      return lines;
    }
  }

  private static void expect(List<String> said, String... expected) {
    check(said.equals(List.of(expected)), "it says " + said + ", not " + List.of(expected));
  }

  private void order() throws IOException, InterruptedException {
    expect(
        said("set d 700\nset a 100\nset c 500\nset b 300\n"),
        "fired a",
        "fired b",
        "fired c",
        "fired d");
  }

  private void notEarly() throws IOException, InterruptedException {
    for (int millis : new int[] {0, 1, 63, 64, 65, 700}) {
      try (JudgedProgram program = JudgedProgram.start(subject)) {
        long begin = System.nanoTime();
        program.say("set x " + millis + "\n");
        String line = program.line();
        long after = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        check(line.equals("fired x"), "it says " + line);
        check(after >= millis, "a timer of " + millis + " ms fired after " + after);
      }
    }
  }

  private void cancelled() throws IOException, InterruptedException {
    expect(said("set a 200\nset b 300\nset c 400\ncancel b\n"), "fired a", "fired c");
    expect(said("set a 100\ncancel a\n"));
  }

  private void setAgain() throws IOException, InterruptedException {
    expect(said("set a 200\nset b 400\nset a 600\n"), "fired b", "fired a");
  }

  private void many() throws IOException, InterruptedException {
    String input =
        IntStream.range(0, MANY)
            .mapToObj(i -> "set t" + i + " " + (i * 7919 % 1000) + "\n")
            .collect(Collectors.joining());
    List<String> lines = said(input);
    Set<String> different = Set.copyOf(lines);
    check(
        lines.size() == MANY && different.size() == MANY,
        "it says " + lines.size() + " lines, of which " + different.size() + " differ");
    check(lines.stream().allMatch(line -> line.startsWith("fired t")), "it says something else");
  }

  private void levels() throws IOException, InterruptedException {
    try (JudgedProgram program = JudgedProgram.start(subject)) {
      long begin = System.nanoTime();
      program.say("set far " + FAR_MILLIS + "\nset longer 86400000\n");
      boolean isFarFired = false;
      for (int i = 0; i < 5; i++) {
        program.say("set near 20\n");
        String line = program.line();
        long after = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        if (!isFarFired && line.equals("fired far") && after >= FAR_MILLIS) {
          isFarFired = true; // on a machine that is busy it is time for that one meanwhile
          line = program.line();
        }
        check(line.equals("fired near"), "it says " + line + " after " + after + " ms");
      }
      if (!isFarFired) {
        String line = program.line();
        check(line.equals("fired far"), "it says " + line);
      }
    }
  }

  private void wrongLines() throws IOException, InterruptedException {
    List<String> lines = said("set\nset a b\ncancel nobody\nset x -1\nset ok 10\n");
    check(lines.size() == 5 && lines.get(4).equals("fired ok"), "it says " + lines);
    check(
        lines.subList(0, 4).stream().allMatch(line -> line.startsWith("error ")),
        "it says " + lines);
  }

  private void maxTimers() throws IOException, InterruptedException {
    List<String> lines =
        said("set a 300\nset b 300\nset c 300\ncancel a\nset d 500\n", "--max-timers", "2");
    check(lines.equals(List.of("error too many timers", "fired b", "fired d")), "it says " + lines);
  }

  private void ending() throws IOException, InterruptedException {
    try (JudgedProgram program = JudgedProgram.start(subject)) {
      program.say("set a 1\nset b 86400000\n");
      program.await("fired a");
      program.terminate();
      int code = program.await(END_LIMIT);
      check(code == 0, "it exited with " + code);
    }
  }

  private void unread() throws IOException, InterruptedException {
    try (JudgedProgram program = JudgedProgram.start(subject)) {
      program.say("set a 1\nset b 86400000\n");
      program.await("fired a");
      program.stopReading();
      program.say("set c 1\n");
      endedQuietly(program);
    }
  }

  private void wrongOptions() throws IOException, InterruptedException {
    for (List<String> wrong : List.of(List.of("--max-timers", "x"), List.of("--what", "1"))) {
      try (JudgedProgram program = JudgedProgram.start(subject, wrong.toArray(String[]::new))) {
        int code = program.await(END_LIMIT);
        check(code == 2, String.join(" ", wrong) + " made it exit with " + code);
      }
    }
  }
}

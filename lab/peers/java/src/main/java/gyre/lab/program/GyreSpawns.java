package gyre.lab.program;

import gyre.Scope;
import gyre.process.ChildProcess;
import gyre.process.Command;
import gyre.process.Stdio;

/** Children that do nothing, so many at once, each started and awaited by a fiber. */
final class GyreSpawns implements Round {
  private final GyreLoop loop;
  private final int atOnce;
  private final long roundNanos;
  private final Command command =
      Command.of("/bin/true").stdout(Stdio.NULL).stderr(Stdio.NULL).inheritGroup();
  private int errors;

  GyreSpawns(GyreLoop loop, Options options) {
    this.loop = loop;
    this.atOnce = options.number("at-once", 8);
    this.roundNanos = options.nanos("round-ms", 300);
  }

  @Override
  public void run(Figures figures) throws Exception {
    RunTimes times = loop.call(this::round);
    figures.put("atOnce", atOnce);
    times.into(figures);
    figures.put("errors", errors);
  }

  private RunTimes round() {
    RunTimes times = new RunTimes();
    while (times.wants(roundNanos)) {
      times.begin();
      try (Scope scope = Scope.open("children")) {
        for (int i = 0; i < atOnce; i++) {
          scope.start("child", this::one);
        }
        scope.join();
      }
      times.end(atOnce);
    }
    return times;
  }

  private void one() {
    ChildProcess child = command.start();
    if (!child.await().isSuccess()) {
      errors++;
    }
  }
}

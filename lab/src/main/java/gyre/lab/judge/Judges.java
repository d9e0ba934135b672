package gyre.lab.judge;

import gyre.generator.ProgramKind;
import gyre.generator.ProjectOptions;

/** Which judge is for which program. */
final class Judges {
  private Judges() {}

  static Judge of(
      ProgramKind program, Subject subject, ProjectOptions options, int connections) {
    return switch (program) {
      case TCP_ECHO -> new EchoJudge(subject, connections);
      case TCP_SERVER, SOCKET_HANDLER, WEBSOCKET_SERVER, LAYER4_BALANCER, TIMER_WHEEL, FILE_WATCHER ->
          throw new IllegalArgumentException("there is no judge for " + program.label());
    };
  }
}

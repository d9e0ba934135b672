package gyre.lab.judge;

import gyre.generator.ProgramKind;
import gyre.generator.ProjectOptions;

/** Which judge is for which program. */
final class Judges {
  private Judges() {}

  static Judge of(ProgramKind program, Subject subject, ProjectOptions options, int connections) {
    return switch (program) {
      case TCP_ECHO -> new EchoJudge(subject, connections);
      case TCP_SERVER -> new MessageJudge(subject, options.framing(), connections);
      case SOCKET_HANDLER -> new StateJudge(subject, connections);
      case WEBSOCKET_SERVER -> new WebSocketJudge(subject, connections);
      case LAYER4_BALANCER -> BalancerJudge.of(subject, connections);
      case TIMER_WHEEL -> new TimerJudge(subject);
      case FILE_WATCHER -> new WatchJudge(subject);
    };
  }
}

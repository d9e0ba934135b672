package gyre.cli;

import gyre.insight.InnerFigures;
import gyre.insight.Observation;
import gyre.lab.gates.Inside;
import java.io.IOException;
import java.util.Map;

/** What the loops of a process tell while it is judged. */
final class InsideOfLoops implements Inside {
  private final Observation observation;

  private InsideOfLoops(Observation observation) {
    this.observation = observation;
  }

  static InsideOfLoops open(long pid) throws IOException {
    return new InsideOfLoops(Observation.open(pid));
  }

  @Override
  public Map<String, Object> sinceLast() {
    try {
      return InnerFigures.of(observation.look());
    } catch (IOException e) {
      return Map.of("error", String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() {
    observation.close();
  }
}

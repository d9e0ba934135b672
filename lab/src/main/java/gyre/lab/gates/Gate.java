package gyre.lab.gates;

import java.util.Locale;

/** What a server is judged by. */
public enum Gate {
  LATENCY("answers in time, at a rate that does not wait for it"),
  FAIRNESS("starves no connection"),
  MEMORY("memory stays as it is under load"),
  CPU("spends little CPU time for a request"),
  CONNECTIONS("holds and serves many connections");

  private final String promise;

  Gate(String promise) {
    this.promise = promise;
  }

  /** What a server that passes does. */
  public String promise() {
    return promise;
  }

  /** As it is typed. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package gyre.lab.workload;

/** What one operation of a workload costs. Less is better, always. */
public enum Cost {
  /** CPU time of the server's process: true even where the client is what limits the rate. */
  SERVER_CPU_NANOS("ns CPU/op"),
  /** Time on the clock: for work that one program does by itself. */
  ELAPSED_NANOS("ns/op"),
  /** User memory for each connection that is held. */
  CONNECTION_BYTES("bytes/connection");

  private final String unit;

  Cost(String unit) {
    this.unit = unit;
  }

  public String unit() {
    return unit;
  }
}

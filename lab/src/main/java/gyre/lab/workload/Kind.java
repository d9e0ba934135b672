package gyre.lab.workload;

/**
 * A kind of work, and how it is driven: by the load generator against a server, or by the program
 * itself, a round at a time. A later kind is one more line here, its workloads are lines in {@link
 * Workloads}, and its contract a paragraph in {@code lab/peers/README.md}.
 */
public enum Kind {
  ECHO(Driver.GENERATOR, "echo", "echo", Cost.SERVER_CPU_NANOS, "request"),
  CONNECT(Driver.GENERATOR, "echo", "connect", Cost.SERVER_CPU_NANOS, "connection"),
  IDLE(Driver.HOLDER, "echo", "idle", Cost.CONNECTION_BYTES, "connection"),
  HTTP(Driver.GENERATOR, "http", "http", Cost.SERVER_CPU_NANOS, "request"),
  WEBSOCKET(Driver.GENERATOR, "websocket", "websocket", Cost.SERVER_CPU_NANOS, "message"),
  PROXY(Driver.GENERATOR, "proxy", "echo", Cost.SERVER_CPU_NANOS, "request"),
  PROXY_CONNECT(Driver.GENERATOR, "proxy", "connect", Cost.SERVER_CPU_NANOS, "connection"),
  PROXY_IDLE(Driver.HOLDER, "proxy", "idle", Cost.CONNECTION_BYTES, "connection"),
  EVENTS(Driver.ITSELF, "events", "", Cost.ELAPSED_NANOS, "event"),
  CASCADE(Driver.ITSELF, "cascade", "", Cost.ELAPSED_NANOS, "event"),
  TIMERS(Driver.ITSELF, "timers", "", Cost.ELAPSED_NANOS, "timer"),
  WAKE(Driver.ITSELF, "wake", "", Cost.ELAPSED_NANOS, "post"),
  FILES(Driver.ITSELF, "files", "", Cost.ELAPSED_NANOS, "read or replacement"),
  WATCH(Driver.ITSELF, "watch", "", Cost.ELAPSED_NANOS, "event"),
  SPAWN(Driver.ITSELF, "spawn", "", Cost.ELAPSED_NANOS, "process"),
  CODECS(Driver.ITSELF, "codecs", "", Cost.ELAPSED_NANOS, "frame"),
  CHANNELS(Driver.ITSELF, "channels", "", Cost.ELAPSED_NANOS, "message"),
  CHANNELS_BETWEEN(Driver.ITSELF, "channels", "", Cost.ELAPSED_NANOS, "message"),
  LOCKS(Driver.ITSELF, "locks", "", Cost.ELAPSED_NANOS, "lock");

  /** Who drives the work. */
  public enum Driver {
    GENERATOR,
    HOLDER,
    ITSELF
  }

  private final Driver driver;
  private final String peerMode;
  private final String generatorMode;
  private final Cost cost;
  private final String operation;

  Kind(Driver driver, String peerMode, String generatorMode, Cost cost, String operation) {
    this.driver = driver;
    this.peerMode = peerMode;
    this.generatorMode = generatorMode;
    this.cost = cost;
    this.operation = operation;
  }

  public Driver driver() {
    return driver;
  }

  /** The mode that the peer's program is started in. */
  public String peerMode() {
    return peerMode;
  }

  /** The mode that the generator is started in; empty where there is none. */
  public String generatorMode() {
    return generatorMode;
  }

  public Cost cost() {
    return cost;
  }

  /** What is counted, in the singular. */
  public String operation() {
    return operation;
  }

  /** Whether the work is for several threads, which then share all cores. */
  public boolean needsAllCores() {
    return this == WAKE || this == CHANNELS_BETWEEN;
  }

  /**
   * Whether its figures depend on how fast the second core is too, and how far away. Those of a
   * server do: a generator that somebody slows down leaves less to do at once, and who does several
   * things at once then spends more on each.
   */
  public boolean feelsBothCores() {
    return needsAllCores() || driver == Driver.GENERATOR;
  }
}

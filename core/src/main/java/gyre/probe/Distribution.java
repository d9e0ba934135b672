package gyre.probe;

/** What a loop keeps a histogram of, beside the durations of callbacks by kind of handle. */
public enum Distribution {
  /** Nanoseconds from the end of a wait to the beginning of the next one. */
  TURN,
  /** Nanoseconds from the wait that made a callback or fiber ready to its run. */
  QUEUE_DELAY,
  /** Nanoseconds by which a wait with a deadline ended too late: the kernel or the scheduler. */
  POLL_DELAY,
  /** Nanoseconds by which timers fired after their deadlines. */
  TIMER_LATENESS,
  /** Nanoseconds that a fiber ran before it gave way. */
  FIBER_RUN,
  /** Nanoseconds that offloaded work waited for a thread. */
  OFFLOAD_WAIT,
  /** Completions that one turn handled. */
  TURN_EVENTS,
  /** Entries that one turn took from the inbox. */
  INBOX_TAKEN;

  /** In bytes from the beginning of the slot. */
  @SuppressWarnings("EnumOrdinal") // the layout is that of the declaration, and has a version
  public int offset() {
    return SlotLayout.HISTOGRAMS + ordinal() * Buckets.BYTES;
  }

  /** Whether values are times. */
  public boolean isTime() {
    return this != TURN_EVENTS && this != INBOX_TAKEN;
  }

  public String key() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}

package gyre.probe;

/**
 * A number that a loop keeps of itself. Where it stands in a slot follows from its ordinal: a new
 * one goes to the end, and any other change needs a new {@link SlotLayout#VERSION}.
 */
public enum Counter {
  TURNS(Sort.SUM),
  COMPLETIONS(Sort.SUM),
  /** Turns that ended with callbacks or fibers left over, which had to wait for the next one. */
  BUDGETS_USED_UP(Sort.SUM),
  CALLBACKS(Sort.SUM),
  FIBER_RUNS(Sort.SUM),
  /** From the end of a wait to the beginning of the next one. */
  BUSY_NANOS(Sort.SUM),
  /** In waits that were told not to wait, as more was to be done: the kernel's work. */
  POLL_NANOS(Sort.SUM),
  /** In waits that could sleep. */
  IDLE_NANOS(Sort.SUM),
  SLEEPS(Sort.SUM),
  TIMERS_FIRED(Sort.SUM),
  POSTS(Sort.SUM),
  RESUMES(Sort.SUM),
  /** Entries that stood in the inbox after the last turn that looked. */
  INBOX_DEPTH(Sort.LEVEL),
  RUNNABLE(Sort.LEVEL),
  CALLBACKS_WAITING(Sort.LEVEL),
  FIBERS_STARTED(Sort.SUM),
  FIBERS_ENDED(Sort.SUM),
  HANDLES_OPENED(Sort.SUM),
  HANDLES_CLOSED(Sort.SUM),
  FAILURES(Sort.SUM),
  PEER_FAILURES(Sort.SUM),
  OFFLOADED(Sort.SUM),
  OFFLOAD_ENDED(Sort.SUM),
  OFFLOAD_REFUSED(Sort.SUM),
  OFFLOAD_THREADS(Sort.LEVEL),
  OFFLOAD_QUEUE_LIMIT(Sort.LEVEL),
  /** System calls that waited or submitted. */
  CALLS_WAITING(Sort.SUM),
  CALLS_OTHER(Sort.SUM),
  REGISTRATIONS(Sort.SUM),
  SUBMISSIONS(Sort.SUM),
  WAKES(Sort.SUM),
  /** Times that receiving had to wait for memory. */
  STARVATIONS(Sort.SUM),
  OVERFLOWS(Sort.SUM),
  BYTES_RECEIVED(Sort.SUM),
  BYTES_SENT(Sort.SUM),
  POOL_LIMIT_BYTES(Sort.LEVEL),
  POOL_USED_BYTES(Sort.LEVEL),
  POOL_PEAK_BYTES(Sort.LEVEL),
  POOL_REFUSALS(Sort.SUM),
  /** Slices of callbacks and fibers that took longer than the limit of the watchdog. */
  STALLS(Sort.SUM),
  LONGEST_NANOS(Sort.LEVEL),
  INBOX_LIMIT(Sort.LEVEL),
  /** 0 while memory is plentiful, 1 while streams take turns, 2 while some are reset. */
  MEMORY_LEVEL(Sort.LEVEL),
  /** Streams that wait for their turn. */
  MEMORY_WAITING(Sort.LEVEL),
  STREAMS_SHED(Sort.SUM),
  WRITES_REFUSED(Sort.SUM),
  ACCEPT_PAUSES(Sort.SUM),
  /** The longest backlog that a listener of the loop has asked for. */
  BACKLOG_ASKED(Sort.LEVEL),
  /** The greatest limit on connections that a listener of the loop was given; 0 if none was. */
  CONNECTIONS_ASKED(Sort.LEVEL);

  /** What its difference over time means. */
  public enum Sort {
    /** Only grows while its loop lives. */
    SUM,
    /** Goes up and down. */
    LEVEL
  }

  private final Sort sort;

  Counter(Sort sort) {
    this.sort = sort;
  }

  public Sort sort() {
    return sort;
  }

  /** In bytes from the beginning of the slot. */
  @SuppressWarnings("EnumOrdinal") // the layout is that of the declaration, and has a version
  public int offset() {
    return SlotLayout.COUNTERS + ordinal() * Long.BYTES;
  }

  /** As scripts see it: {@code busy_nanos}. */
  public String key() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}

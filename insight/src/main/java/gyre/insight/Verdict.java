package gyre.insight;

/**
 * What is wrong with a process, and what to do about it.
 *
 * @param subject the loop or handle that it is about
 * @param evidence what was measured
 * @param threshold from where on that is wrong
 * @param place the line of code; empty where there is none
 */
public record Verdict(
    Disease disease, String subject, String evidence, String threshold, String place) {
  /** What can be wrong. */
  public enum Disease {
    BLOCKED_LOOP(
        "a turn takes so long that nobody else is served",
        "move what blocks or computes into Fiber.offload, or cut it by Fiber.yield"),
    SLOW_CALLBACK(
        "single callbacks hold up all others of their loop",
        "do less in the callback, or move the work into Fiber.offload"),
    SLOW_CONSUMER(
        "a peer takes less than is written to it",
        "bound what is written (ByteStream.write waits by itself), or close who stays behind"),
    GROWING_QUEUE(
        "more comes in than is done", "find who posts; refuse or slow down there, or add loops"),
    FIBER_NEVER_YIELDS(
        "a fiber runs on and never waits",
        "call Fiber.yield in the loop, or move the work into Fiber.offload"),
    TIMER_STORM(
        "timers fire more often than anybody needs",
        "lengthen the periods, share one timer, or set LoopOptions.timerSlack"),
    DESCRIPTORS_RUNNING_OUT(
        "soon nothing can be opened any more",
        "raise it: ulimit -n, LimitNOFILE= of systemd; or look for leaks by -Dgyre.debug.leaks=true"),
    OFFLOAD_SATURATED(
        "all helper threads are busy and work waits",
        "raise LoopOptions.offloadThreads, set deadlines for the work, or offload less"),
    IMBALANCE(
        "one loop works and others do not",
        "spread connections: more of them, shorter ones, or Distribution of the server"),
    STARVED_BY_MACHINE(
        "the loop is ready and the machine lets others run",
        "raise the CPU limit of the container, run fewer threads, or move other programs away"),
    FALLBACK_ENGINE(
        "a slower engine than this kernel could have",
        "see the reason; gyre doctor says how to change it"),
    UNREAD_KERNEL_LIMITS(
        "a limit of the kernel is below what the program asks for, and nothing said so",
        "raise it: sysctl -w net.core.somaxconn=N, ulimit -n N, LimitNOFILE= of systemd; or ask for less in ListenOptions"),
    POOL_EXHAUSTED(
        "receiving waits for memory",
        "raise LoopOptions.poolLimitBytes, or let fewer or slower peers in"),
    HELD_UP(
        "callbacks are ready and wait for others of their loop",
        "move what holds them up into Fiber.offload, or to another loop"),
    SUSPECTED_LOST_WAKE_UP(
        "something is ready, and who waits for it was not woken",
        "whoever makes it ready must call wakeFirst or wakeAll; gyre dump shows the stack"),
    LEAK_SUSPECTED(
        "more and more is opened or started, and next to nothing ends",
        "see gyre dump for what they are; -Dgyre.debug.leaks=true says where they were opened");

    private final String meaning;
    private final String cure;

    Disease(String meaning, String cure) {
      this.meaning = meaning;
      this.cure = cure;
    }

    /** As it is shown: {@code blocked-loop}. */
    public String key() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    public String meaning() {
      return meaning;
    }

    public String cure() {
      return cure;
    }
  }

  @Override
  public String toString() {
    return disease.key()
        + " "
        + subject
        + ": "
        + evidence
        + (place.isEmpty() ? "" : ", at " + place)
        + " (limit: "
        + threshold
        + "). "
        + disease.cure();
  }
}

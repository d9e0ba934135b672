package gyre.lab.program;

/**
 * The work of {@code channels} and {@code locks}, without the library: so many operations, which it
 * does on threads of its own.
 */
final class ChannelRound implements Round {
  /** How many messages a channel holds. */
  static final int CAPACITY = 1024;

  private static final int VALUES = 128;

  /** Does so many operations. */
  interface Work {
    Result run(int operations) throws Exception;
  }

  /** How long they took, and how many messages were not the one that was to come. */
  record Result(long elapsedNanos, long errors) {}

  private final String variant;
  private final int operations;
  private final Work work;

  private ChannelRound(String variant, int operations, Work work) {
    this.variant = variant;
    this.operations = operations;
    this.work = work;
  }

  static ChannelRound of(Options options, Work work) {
    return new ChannelRound(variant(options), options.number("ops", 200_000), work);
  }

  static String variant(Options options) {
    return options.text("variant", "");
  }

  static IllegalArgumentException unknown(Options options) {
    return new IllegalArgumentException("no variant '" + variant(options) + "'");
  }

  /** Small, so that nobody allocates a number. */
  static Integer message(int number) {
    return number % VALUES;
  }

  /** 0 if it is the message of this number, and 1 otherwise. */
  static int wrong(int item, int number) {
    return item == number % VALUES ? 0 : 1;
  }

  @Override
  public void run(Figures figures) throws Exception {
    Result result = work.run(operations);
    figures.put("variant", variant);
    figures.put("ops", operations);
    figures.put("elapsedNanos", result.elapsedNanos());
    figures.put("errors", result.errors());
  }
}

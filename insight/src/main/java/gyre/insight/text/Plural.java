package gyre.insight.text;

/** A count with its noun, and with its verb where that changes as well. */
public final class Plural {
  private Plural() {}

  /**
   * As in {@code of(1, "entry waits", "entries wait")}: "1 entry waits".
   *
   * @param one what is said of one
   * @param many of none, and of more
   */
  public static String of(long count, String one, String many) {
    return count + " " + (count == 1 ? one : many);
  }

  /** Of a noun that gets an s, as in {@code of(2, "loop")}: "2 loops". */
  public static String of(long count, String one) {
    return of(count, one, one + "s");
  }
}

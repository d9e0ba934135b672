package gyre;

/**
 * Takes back what was registered, if it has not been told or run yet. The second time nothing
 * happens. On the loop alone.
 */
public interface Registration extends AutoCloseable {
  @Override
  void close();
}

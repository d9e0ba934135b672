package gyre;

/** User code that a fiber runs. It may throw anything. */
@FunctionalInterface
public interface Task {
  void run() throws Exception;
}

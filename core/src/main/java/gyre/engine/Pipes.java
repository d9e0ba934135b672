package gyre.engine;

/**
 * The calls on pipes and pseudo-terminals, which never wait. Every method answers a negative errno
 * instead of throwing.
 */
public interface Pipes {
  /** Of engines that have none. */
  Pipes NONE = new Pipes() {};

  /** Two close-on-exec ends that block: the one to read from, and the one to write to. */
  default int pipe(int[] two) {
    return Errno.EOPNOTSUPP.negated();
  }

  /** Transfers on this descriptor, and on all that share its place in the file, wait no more. */
  default int unblock(int descriptor) {
    return Errno.EOPNOTSUPP.negated();
  }

  /**
   * Another descriptor for one that this process was started with: 0, 1 or 2. They share how they
   * are set, so it may block, and must be left so.
   *
   * @return it is close-on-exec; {@code -EBADF} where the process was started without
   */
  default int standard(int number) {
    return Errno.EOPNOTSUPP.negated();
  }

  /** Tells who uses a pseudo-terminal of another size. */
  default int resizeTerminal(int driver, int rows, int columns) {
    return Errno.EOPNOTSUPP.negated();
  }

  /**
   * A new pseudo-terminal: the side of who drives it, non-blocking, and that of who uses it.
   *
   * @param two the descriptors, both close-on-exec
   * @return its number below {@code /dev/pts}
   */
  default int pseudoTerminal(int[] two) {
    return Errno.EOPNOTSUPP.negated();
  }
}

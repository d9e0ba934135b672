package gyre;

/**
 * A handle was used that is closed. The message says by whom, and what the calling fiber was
 * waiting for in it, if it did: a fiber that is parked in a handle while another closes it is woken
 * with this exception.
 *
 * <p>Where one fiber closes what another uses, this is how the other ends: let it pass or return.
 * {@code serve} does not report it of a connection that somebody else than its handler has closed.
 */
public final class ClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  ClosedException(String message) {
    super(message);
  }
}

package gyre;

/**
 * An exception that may be the doing of a remote peer: it reset its connection, was silent for too
 * long, or left in the middle. That is nobody's error, and happens as often as the peer likes.
 * Where no fiber waits for such a failure it is therefore logged at DEBUG, and not given to the
 * {@link FailureListener}: a peer must not be able to fill a log. {@link LoopCounters#peerFailures}
 * counts them.
 */
public interface RemoteFailure {
  /** Whether the peer caused it. */
  boolean isRemote();
}

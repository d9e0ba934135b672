package gyre.lab.race;

import gyre.lab.result.Entry.Status;

/** A peer did not do what it should have. The race marks it and goes on. */
public final class PeerFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final Status status;

  public PeerFailure(Status status, String message) {
    super(message);
    this.status = status;
  }

  /** Whether it is not there, or did wrong. */
  public Status status() {
    return status;
  }
}

package gyre.balancer;

import java.util.Locale;

/** What an operator wants of a target. */
public enum AdminState {
  /** It gets connections while it is healthy. */
  READY,
  /** It gets no new connections; those that it has go on. It is still checked. */
  DRAIN,
  /** As {@link #DRAIN}, and it is not checked. */
  MAINTENANCE;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

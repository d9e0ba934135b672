package gyre.engine;

/** An engine can't run here. The message is the reason, short enough for one line at start-up. */
public final class EngineUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1;

  public EngineUnavailable(String reason) {
    super(reason, null, false, false);
  }
}

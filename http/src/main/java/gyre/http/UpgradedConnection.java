package gyre.http;

import gyre.Registration;
import gyre.io.ByteStream;

/** A connection that has left HTTP. Used on its loop alone. */
public interface UpgradedConnection {
  /** Its bytes, from the first one behind the head of the request. */
  ByteStream stream();

  /** Whether {@link Upgrade#run} may park, and the connection ends with it. */
  boolean isDirect();

  /**
   * Whether something is under way here. Only that lets the connection last while its server ends,
   * for as long as the time for draining allows.
   */
  void busy(boolean on);

  /**
   * Has the action run, in a fiber of the loop, when the server or its loop ends: to say good-bye
   * in the language of the connection. At once where it ends already. Close the registration with
   * the connection.
   */
  Registration onEnding(Runnable action);
}

package gyre.http.websocket;

import gyre.Registration;
import gyre.http.UpgradedConnection;

/** What a WebSocket is a part of: a server that may end, or nothing. */
interface Host {
  /** See {@link UpgradedConnection#busy}. */
  void busy(boolean on);

  /** See {@link UpgradedConnection#onEnding}. */
  Registration onEnding(Runnable action);

  static Host of(UpgradedConnection connection) {
    return new Host() {
      @Override
      public void busy(boolean on) {
        connection.busy(on);
      }

      @Override
      public Registration onEnding(Runnable action) {
        return connection.onEnding(action);
      }
    };
  }

  /** A client's: whoever has opened it closes it. */
  static Host none() {
    return new Host() {
      @Override
      public void busy(boolean on) {}

      @Override
      public Registration onEnding(Runnable action) {
        return () -> {};
      }
    };
  }
}

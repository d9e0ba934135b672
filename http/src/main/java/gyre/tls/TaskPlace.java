package gyre.tls;

/** Where the costly steps of a handshake are computed: signatures and the checks of chains. */
public enum TaskPlace {
  /** On the loop, which does nothing else meanwhile: for keys that sign fast. */
  LOOP,
  /** By {@link gyre.Fiber#offload}: for keys that sign slowly. */
  WORKERS,
  /** On the workers where the own key is RSA, and on the loop where it is an elliptic one. */
  BY_KEY
}

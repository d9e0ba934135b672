package gyre.tls;

/** Whether a server asks its clients for certificates. */
public enum ClientCertificates {
  NONE,
  /** Clients may show one; one that is not trusted is refused. */
  WANTED,
  /** Clients without one are refused. */
  REQUIRED
}

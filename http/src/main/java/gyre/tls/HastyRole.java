package gyre.tls;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A role with another limit for the handshake. */
record HastyRole(Role role, Duration handshakeTimeout) implements Role {
  /** The role itself where that has no more time. */
  static Role of(Role role, Duration most) {
    return most.compareTo(role.handshakeTimeout()) < 0 ? new HastyRole(role, most) : role;
  }

  @Override
  public boolean isServer() {
    return role.isServer();
  }

  @Override
  public Part choose(@Nullable ClientHello hello) throws AlertException {
    return role.choose(hello);
  }

  @Override
  public boolean hasSeveralRules() {
    return role.hasSeveralRules();
  }

  @Override
  public boolean hasSameRules(@Nullable String one, @Nullable String other) {
    return role.hasSameRules(one, other);
  }

  @Override
  public @Nullable HandshakeGate gate() {
    return role.gate();
  }
}

package gyre.balancer;

import gyre.Fiber;
import gyre.Scope;
import gyre.net.HandedListener;
import gyre.net.TcpServer;
import gyre.sync.Permit;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a balancer has to do with the other one of a pair. Changed on the control loop. */
final class Pair {
  private final Balancer balancer;
  private volatile @Nullable TcpServer replication;
  private volatile @Nullable Standby standby;

  /** What the process before this one was; null if there was none, or no pair. */
  private Standby.@Nullable Role roleBefore;

  Pair(Balancer balancer) {
    this.balancer = balancer;
  }

  // ---- as the active one

  /** Tells passive ones, unless it does so already. */
  void replicate() {
    ReplicationConfig wanted = balancer.config().replicate();
    if (wanted != null && replication == null) {
      replication = Replication.open(balancer, wanted, null);
    }
  }

  /** Passive ones go on hearing of us: they must not take over while we are handed over. */
  void adopt(HandOver from) {
    ReplicationConfig wanted = balancer.config().replicate();
    HandedListener handed = wanted == null ? null : from.find(wanted);
    if (wanted != null && handed != null) {
      replication = Replication.open(balancer, wanted, handed);
    }
    roleBefore = from.role();
  }

  /** The old process listens there no longer. */
  void acceptAgain() {
    TcpServer followed = replication;
    if (followed != null) {
      followed.acceptAgain();
    }
  }

  void stopReplicating() {
    TcpServer followed = replication;
    if (followed != null) {
      followed.close(Duration.ZERO);
    }
  }

  @Nullable TcpServer replication() {
    return replication;
  }

  /** Where passive ones are told of this one; null if nowhere. */
  @Nullable InetSocketAddress address() {
    TcpServer followed = replication;
    return followed == null ? null : followed.address();
  }

  // ---- as the passive one

  void standBy(Scope scope) {
    StandbyConfig wanted = balancer.config().standby();
    if (wanted != null) {
      Standby stands = new Standby(balancer, wanted, roleBefore);
      standby = stands;
      Fiber<?> ignored = scope.start("standby", stands::run);
    }
  }

  /** Null if it is no passive one. */
  Standby.@Nullable Role role() {
    Standby present = standby;
    return present == null ? null : present.role();
  }

  /** So that it is no other one while it is handed over. Parks; null if there is none. */
  @Nullable Permit holdRole() {
    Standby present = standby;
    return present == null ? null : present.hold();
  }

  void handedOver() {
    Standby present = standby;
    if (present != null) {
      present.handedOver();
    }
  }
}

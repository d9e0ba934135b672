package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.sim.fault.Fault;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a connection comes to be: the request, its answer, and the answer's acknowledgement. */
@SuppressWarnings("EnumOrdinal") // an index of arrays of this run, and of nothing that lasts
final class Handshake extends Event {
  private enum Step {
    REQUEST,
    ANSWER,
    ACKNOWLEDGEMENT,
    REFUSAL
  }

  private static final int TRIES = 7;
  private static final long FIRST_RETRY_NANOS = 1_000_000_000;
  private static final long FULL_BACKLOG_NANOS = 1_000_000;

  private final Universe universe;
  private final StreamSocket client;
  private final SocketAddress target;
  private final @Nullable Machine machine;
  private final boolean isBlackHole;
  private final boolean isRefused;
  private Step step = Step.REQUEST;
  private int tries;
  private @Nullable StreamSocket listener;
  private @Nullable StreamSocket server;

  private Handshake(
      Universe universe,
      StreamSocket client,
      SocketAddress target,
      @Nullable Machine machine,
      boolean isBlackHole,
      boolean isRefused) {
    this.universe = universe;
    this.client = client;
    this.target = target;
    this.machine = machine;
    this.isBlackHole = isBlackHole;
    this.isRefused = isRefused;
  }

  /** The name of a step, for those who read the trace. */
  static String step(int ordinal) {
    return Step.values()[ordinal].name().toLowerCase(Locale.ROOT);
  }

  static void begin(Universe universe, StreamSocket client, SocketAddress target, Object connect) {
    Machine machine =
        target instanceof InetSocketAddress inet
            ? universe.network().find(client.machine, inet.getAddress())
            : client.machine;
    Chaos chaos = universe.chaos();
    boolean isInet = target instanceof InetSocketAddress;
    boolean isBlackHole =
        isInet && chaos.strikes(Fault.BLACK_HOLED_CONNECT, client.machine, connect);
    boolean isRefused = isInet && chaos.strikes(Fault.REFUSED_CONNECT, client.machine, connect);
    Handshake handshake = new Handshake(universe, client, target, machine, isBlackHole, isRefused);
    long nanos = machine == null ? FIRST_RETRY_NANOS : handshake.there(machine).latencyNanos();
    universe.schedule(handshake, nanos);
  }

  private Route there(Machine to) {
    return universe.network().route(client.machine, to);
  }

  private Route back(Machine from) {
    return universe.network().route(from, client.machine);
  }

  @Override
  void fire() {
    universe.trace(Trace.Kind.HANDSHAKE, client.machine, client.port(), step.ordinal(), target);
    Machine to = machine;
    switch (step) {
      case REQUEST -> {
        if (!client.closed) {
          request(to);
        }
      }
      case ANSWER -> {
        assert to != null;
        answer(to);
      }
      case ACKNOWLEDGEMENT -> acknowledge();
      case REFUSAL -> client.connected(Errno.ECONNREFUSED.negated());
    }
  }

  private void request(@Nullable Machine to) {
    if (to == null || isBlackHole || !to.isUp() || there(to).isCut() || there(to).loses(client)) {
      again(FIRST_RETRY_NANOS << tries);
      return;
    }
    StreamSocket found = isRefused ? null : find(to);
    if (found == null) {
      step = Step.REFUSAL;
      universe.schedule(this, back(to).latencyNanos());
      return;
    }
    if (found.isBacklogFull()) {
      again(there(to).isLocal() ? FULL_BACKLOG_NANOS : FIRST_RETRY_NANOS << tries);
      return;
    }
    listener = found;
    StreamSocket made = StreamSocket.join(universe, client, to, found.family);
    made.inherit(found, target, client.local);
    server = made;
    step = Step.ANSWER;
    tries = 0;
    universe.schedule(this, back(to).latencyNanos());
  }

  private @Nullable StreamSocket find(Machine to) {
    if (target instanceof InetSocketAddress inet) {
      return to.listener(inet);
    }
    UnixDomainSocketAddress unix = (UnixDomainSocketAddress) target;
    return to.unix(unix.getPath().toString()) instanceof StreamSocket stream && stream.isListening()
        ? stream
        : null;
  }

  private void again(long nanos) {
    if (nanos > FULL_BACKLOG_NANOS && ++tries == TRIES) {
      client.connected(Errno.ETIMEDOUT.negated());
    } else {
      universe.schedule(this, nanos);
    }
  }

  private void answer(Machine to) {
    if (!to.isUp() || back(to).isCut()) {
      again(FIRST_RETRY_NANOS << tries);
      return;
    }
    StreamSocket made = server;
    assert made != null;
    if (client.closed) {
      made.resetAfter(there(to).latencyNanos());
      return;
    }
    client.connected(0);
    step = Step.ACKNOWLEDGEMENT;
    long nanos = there(to).latencyNanos() + there(to).retransmissionNanos(client);
    client.notBefore(universe.nowNanos() + nanos);
    universe.schedule(this, nanos);
  }

  private void acknowledge() {
    StreamSocket made = server;
    StreamSocket at = listener;
    assert made != null && at != null;
    if (!made.machine.isUp()) {
      made.vanish();
    } else if (at.isListening()) {
      at.offer(made);
    } else {
      made.abandon();
    }
  }
}

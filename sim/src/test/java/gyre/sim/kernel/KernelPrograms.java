package gyre.sim.kernel;

import gyre.engine.Poll;
import gyre.sys.CallState;
import gyre.sys.LinuxEpoll;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.RawAddress;
import gyre.sys.Uring;
import gyre.sys.UringCalls;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Small programs of system calls, each of which answers what the kernel said. A kernel that is
 * played must say the same as the machine's own.
 */
final class KernelPrograms {
  static final Map<String, Function<CallState, List<String>>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("a pair of sockets", KernelPrograms::pair);
    ALL.put("edges of epoll", KernelPrograms::edges);
    ALL.put("errors of epoll", KernelPrograms::epollErrors);
    ALL.put("event counters", KernelPrograms::counters);
    ALL.put("flags of a ring", KernelPrograms::setups);
    ALL.put("bad entries", KernelPrograms::badEntries);
    ALL.put("receives that repeat", KernelPrograms::receives);
    ALL.put("incremental buffers", KernelPrograms::incremental);
    ALL.put("no buffers", KernelPrograms::noBuffers);
    ALL.put("cancels", KernelPrograms::cancels);
    ALL.put("quiet sends", KernelPrograms::quietSends);
    ALL.put("polls that repeat", KernelPrograms::polls);
    ALL.put("messages to a ring", KernelPrograms::messages);
    ALL.put("a wait that ends by its time", KernelPrograms::timeout);
    ALL.put("accept and connect", KernelPrograms::accepts);
    ALL.put("a refused connect", KernelPrograms::refused);
    ALL.put("pipes", KernelPrograms::pipes);
    ALL.put("options of sockets", KernelPrograms::options);
    ALL.put("what is in files", FilePrograms::content);
    ALL.put("names of files", FilePrograms::names);
  }

  private KernelPrograms() {}

  private static int[] pairOf(CallState calls) {
    long two = calls.allocate(8);
    int type = LinuxSockets.SOCK_STREAM | LinuxSockets.SOCK_NONBLOCK;
    int ignored = LinuxSockets.socketpair(calls, LinuxSockets.AF_UNIX, type, two);
    return new int[] {Memory.getInt(two), Memory.getInt(two + 4)};
  }

  private static int send(CallState calls, int fd, String text) {
    long memory = calls.allocate(64);
    Memory.putString(memory, text);
    return LinuxSockets.send(calls, fd, memory, text.length(), LinuxSockets.MSG_NOSIGNAL);
  }

  private static String receive(CallState calls, int fd, int most, int flags) {
    long memory = calls.allocate(64);
    int count = LinuxSockets.recv(calls, fd, memory, most, flags | LinuxSockets.MSG_DONTWAIT);
    return count < 0 ? String.valueOf(count) : text(memory, count);
  }

  private static String text(long memory, int count) {
    byte[] bytes = new byte[count];
    Memory.copy(memory, bytes, 0, count);
    return new String(bytes, java.nio.charset.StandardCharsets.US_ASCII);
  }

  /** Lets what is on its way arrive. */
  private static void settle(CallState calls) {
    int epoll = LinuxEpoll.create(calls);
    long events = calls.allocate(64);
    int ignored = LinuxEpoll.waitMillis(calls, epoll, events, 1, 20);
    ignored = LinuxFiles.close(calls, epoll);
  }

  private static List<String> pair(CallState calls) {
    List<String> told = new ArrayList<>();
    int[] pair = pairOf(calls);
    told.add(receive(calls, pair[0], 8, 0));
    told.add("sent " + send(calls, pair[1], "hello"));
    settle(calls);
    told.add(receive(calls, pair[0], 2, LinuxSockets.MSG_PEEK));
    told.add(receive(calls, pair[0], 2, 0));
    told.add(receive(calls, pair[0], 8, 0));
    told.add(receive(calls, pair[0], 8, 0));
    told.add("shut " + LinuxSockets.shutdown(calls, pair[1], LinuxSockets.SHUT_WR));
    settle(calls);
    told.add("end " + receive(calls, pair[0], 8, 0));
    told.add("after shutdown " + send(calls, pair[1], "x"));
    told.add("back " + send(calls, pair[0], "back"));
    settle(calls);
    told.add(receive(calls, pair[1], 8, 0));
    told.add("closed " + LinuxFiles.close(calls, pair[1]));
    told.add("again " + LinuxFiles.close(calls, pair[1]));
    settle(calls);
    told.add("to nobody " + send(calls, pair[0], "x"));
    told.add("of a bad one " + receive(calls, pair[1], 8, 0));
    return told;
  }

  // ---- epoll

  private static final class Epoll {
    private final CallState calls;
    private final int fd;
    private final long event;

    Epoll(CallState calls) {
      this.calls = calls;
      this.fd = LinuxEpoll.create(calls);
      this.event = calls.allocate(256);
    }

    int control(int command, int of, int events) {
      LinuxEpoll.putEvent(event, events | LinuxEpoll.EPOLLET, of);
      return LinuxEpoll.control(calls, fd, command, of, event);
    }

    String next() {
      int count = LinuxEpoll.waitMillis(calls, fd, event, 8, 20);
      return count == 1 ? Integer.toHexString(LinuxEpoll.events(event, 0)) : "count " + count;
    }
  }

  private static final int INPUT = LinuxEpoll.EPOLLIN | LinuxEpoll.EPOLLRDHUP;

  private static List<String> edges(CallState calls) {
    List<String> told = new ArrayList<>();
    int[] pair = pairOf(calls);
    Epoll epoll = new Epoll(calls);
    told.add("add " + epoll.control(LinuxEpoll.EPOLL_CTL_ADD, pair[0], INPUT));
    told.add(epoll.next());
    int ignored = send(calls, pair[1], "one");
    told.add(epoll.next());
    told.add("the same edge: " + epoll.next());
    ignored = send(calls, pair[1], "two");
    told.add("more: " + epoll.next());
    told.add("modified: " + epoll.control(LinuxEpoll.EPOLL_CTL_MOD, pair[0], INPUT));
    told.add(epoll.next());
    int both = INPUT | LinuxEpoll.EPOLLOUT;
    told.add("widened: " + epoll.control(LinuxEpoll.EPOLL_CTL_MOD, pair[0], both));
    told.add(epoll.next());
    told.add(receive(calls, pair[0], 16, 0));
    ignored = LinuxSockets.shutdown(calls, pair[1], LinuxSockets.SHUT_WR);
    told.add("end: " + epoll.next());
    told.add("removed: " + epoll.control(LinuxEpoll.EPOLL_CTL_DEL, pair[0], 0));
    told.add(epoll.next());
    return told;
  }

  private static List<String> epollErrors(CallState calls) {
    List<String> told = new ArrayList<>();
    int[] pair = pairOf(calls);
    Epoll epoll = new Epoll(calls);
    told.add("unknown " + epoll.control(LinuxEpoll.EPOLL_CTL_MOD, pair[0], INPUT));
    told.add("unknown " + epoll.control(LinuxEpoll.EPOLL_CTL_DEL, pair[0], INPUT));
    told.add("first " + epoll.control(LinuxEpoll.EPOLL_CTL_ADD, pair[0], INPUT));
    told.add("twice " + epoll.control(LinuxEpoll.EPOLL_CTL_ADD, pair[0], INPUT));
    told.add("bad " + epoll.control(LinuxEpoll.EPOLL_CTL_ADD, 9999, INPUT));
    int ignored = LinuxFiles.close(calls, pair[0]);
    told.add("closed " + epoll.control(LinuxEpoll.EPOLL_CTL_MOD, pair[0], INPUT));
    told.add("no epoll " + LinuxEpoll.waitMillis(calls, 9999, calls.allocate(64), 1, 0));
    return told;
  }

  private static List<String> counters(CallState calls) {
    List<String> told = new ArrayList<>();
    int counter = LinuxFiles.eventfd(calls, 0);
    Epoll epoll = new Epoll(calls);
    long word = calls.allocate(8);
    told.add("add " + epoll.control(LinuxEpoll.EPOLL_CTL_ADD, counter, LinuxEpoll.EPOLLIN));
    told.add(epoll.next());
    told.add("empty " + LinuxFiles.read(calls, counter, word, 8));
    for (int i = 0; i < 2; i++) {
      LinuxFiles.signal(calls, counter);
      told.add("signalled: " + epoll.next());
      told.add("the same edge: " + epoll.next());
    }
    told.add("read " + LinuxFiles.read(calls, counter, word, 8) + " " + Memory.getLong(word));
    return told;
  }

  // ---- io_uring

  private static List<String> setups(CallState calls) {
    List<String> told = new ArrayList<>();
    int[] flags = {
      0,
      Uring.SETUP_CLAMP,
      Uring.SETUP_DEFER_TASKRUN,
      Uring.SETUP_TASKRUN_FLAG,
      Uring.SETUP_SINGLE_ISSUER | Uring.SETUP_DEFER_TASKRUN,
      Uring.SETUP_COOP_TASKRUN | Uring.SETUP_TASKRUN_FLAG,
      1 << 30
    };
    for (int each : flags) {
      try (RawRing ring = new RawRing(calls, each)) {
        told.add(Integer.toHexString(each) + ": " + (ring.descriptor < 0 ? ring.descriptor : 0));
      }
    }
    return told;
  }

  private static List<String> badEntries(CallState calls) {
    List<String> told = new ArrayList<>();
    try (RawRing ring = new RawRing(calls, Uring.SETUP_SUBMIT_ALL)) {
      ring.add(200, 0, 0, -1, 0, 0, 0, 1);
      ring.add(Uring.OP_RECV, 0, 0, 9999, 0, 0, 0, 2);
      ring.add(Uring.OP_POLL_ADD, 0, 0, 9999, 0, 0, Poll.READABLE, 3);
      ring.add(Uring.OP_ASYNC_CANCEL, 0, 0, -1, 77, 0, 0, 4);
      told.add("taken " + ring.enter(4));
      told.addAll(ring.take());
    }
    return told;
  }

  private static void receiveRepeatedly(RawRing ring, int fd, long tag) {
    ring.add(Uring.OP_RECV, Uring.SQE_BUFFER_SELECT, Uring.RECV_MULTISHOT, fd, 0, 0, 0, tag);
  }

  private static List<String> receives(CallState calls) {
    List<String> told = new ArrayList<>();
    int[] pair = pairOf(calls);
    try (RawRing ring = new RawRing(calls, 0)) {
      long memory = ring.giveBuffers(0, 3, 16, 0);
      receiveRepeatedly(ring, pair[0], 1);
      told.addAll(ring.enterAndTake(1));
      int ignored = send(calls, pair[1], "abc");
      told.addAll(ring.enterAndTake(1));
      told.add(text(memory, 3));
      ignored = send(calls, pair[1], "defg");
      told.addAll(ring.enterAndTake(1));
      told.add(text(memory + 16, 4));
      ignored = LinuxSockets.shutdown(calls, pair[1], LinuxSockets.SHUT_WR);
      told.addAll(ring.enterAndTake(1));
    }
    return told;
  }

  private static List<String> incremental(CallState calls) {
    List<String> told = new ArrayList<>();
    int[] pair = pairOf(calls);
    try (RawRing ring = new RawRing(calls, 0)) {
      long memory = ring.giveBuffers(0, 2, 8, Uring.BUFFER_RING_INCREMENTAL);
      receiveRepeatedly(ring, pair[0], 1);
      for (String text : List.of("abc", "de", "fgh", "i")) {
        int ignored = send(calls, pair[1], text);
        told.addAll(ring.enterAndTake(1));
      }
      told.add(text(memory, 9));
    }
    return told;
  }

  private static List<String> noBuffers(CallState calls) {
    List<String> told = new ArrayList<>();
    int[] pair = pairOf(calls);
    try (RawRing ring = new RawRing(calls, 0)) {
      long ignoredMemory = ring.giveBuffers(0, 1, 4, 0);
      receiveRepeatedly(ring, pair[0], 1);
      int ignored = send(calls, pair[1], "abcd");
      told.addAll(ring.enterAndTake(1));
      ignored = send(calls, pair[1], "efgh");
      told.addAll(ring.enterAndTake(1));
      receiveRepeatedly(ring, pair[0], 2);
      told.addAll(ring.enterAndTake(1));
      told.add("buffers " + (ignoredMemory > 0));
    }
    return told;
  }

  private static List<String> cancels(CallState calls) {
    List<String> told = new ArrayList<>();
    int[] pair = pairOf(calls);
    try (RawRing ring = new RawRing(calls, 0)) {
      long ignored = ring.giveBuffers(0, 1, 16, 0);
      receiveRepeatedly(ring, pair[0], 1);
      ring.add(Uring.OP_POLL_ADD, 0, 0, pair[1], 0, Uring.POLL_ADD_MULTI, Poll.READABLE, 2);
      told.addAll(ring.enterAndTake(0));
      for (int tag = 1; tag <= 2; tag++) {
        ring.add(Uring.OP_ASYNC_CANCEL, 0, 0, -1, tag, 0, 0, 10 + tag);
        told.addAll(sorted(ring.enterAndTake(2)));
      }
      ring.add(Uring.OP_ASYNC_CANCEL, 0, 0, -1, 1, 0, 0, 13);
      told.addAll(ring.enterAndTake(1));
      ring.add(Uring.OP_ASYNC_CANCEL, Uring.SQE_CQE_SKIP_SUCCESS, 0, -1, 1, 0, 0, 14);
      told.addAll(ring.enterAndTake(1));
      receiveRepeatedly(ring, pair[0], 3);
      ring.add(Uring.OP_ASYNC_CANCEL, 0, 0, -1, 0, 0, 5, 15); // all, of any
      told.addAll(sorted(ring.enterAndTake(2)));
    }
    return told;
  }

  private static List<String> sorted(List<String> lines) {
    return lines.stream().sorted().toList();
  }

  private static List<String> quietSends(CallState calls) {
    List<String> told = new ArrayList<>();
    int[] pair = pairOf(calls);
    int flags = LinuxSockets.MSG_NOSIGNAL | LinuxSockets.MSG_DONTWAIT | 0x100;
    long memory = calls.allocate(64);
    Memory.putString(memory, "quiet");
    try (RawRing ring = new RawRing(calls, 0)) {
      ring.add(Uring.OP_SEND, Uring.SQE_CQE_SKIP_SUCCESS, 0, pair[1], memory, 5, flags, 1);
      told.add("taken " + ring.enter(0));
      told.addAll(ring.take());
      settle(calls);
      told.add(receive(calls, pair[0], 16, 0));
      int ignored = LinuxFiles.close(calls, pair[0]);
      settle(calls);
      ring.add(Uring.OP_SEND, Uring.SQE_CQE_SKIP_SUCCESS, 0, pair[1], memory, 5, flags, 2);
      told.addAll(ring.enterAndTake(1));
    }
    return told;
  }

  private static List<String> polls(CallState calls) {
    List<String> told = new ArrayList<>();
    int counter = LinuxFiles.eventfd(calls, 0);
    int[] pair = pairOf(calls);
    try (RawRing ring = new RawRing(calls, 0)) {
      ring.add(Uring.OP_POLL_ADD, 0, 0, counter, 0, Uring.POLL_ADD_MULTI, Poll.READABLE, 1);
      told.addAll(ring.enterAndTake(1));
      for (int i = 0; i < 2; i++) {
        LinuxFiles.signal(calls, counter);
        told.addAll(ring.enterAndTake(1));
      }
      ring.add(Uring.OP_POLL_ADD, 0, 0, pair[0], 0, 0, Poll.READABLE | 0x2000, 2);
      told.addAll(ring.enterAndTake(1));
      int ignored = send(calls, pair[1], "x");
      told.addAll(ring.enterAndTake(1));
      ignored = send(calls, pair[1], "y");
      told.addAll(ring.enterAndTake(1));
    }
    return told;
  }

  private static List<String> messages(CallState calls) {
    List<String> told = new ArrayList<>();
    try (RawRing ring = new RawRing(calls, 0)) {
      long entry = calls.allocate(64);
      Memory.putLong(entry, Uring.OP_MSG_RING | (long) ring.descriptor << 32);
      Memory.putLong(entry + 8, 42);
      told.add("sent " + UringCalls.sendMessage(calls, entry));
      told.addAll(ring.enterAndTake(1));
      Memory.putLong(entry, Uring.OP_MSG_RING | 9999L << 32);
      told.add("to nobody " + UringCalls.sendMessage(calls, entry));
    }
    return told;
  }

  private static List<String> timeout(CallState calls) {
    try (RawRing ring = new RawRing(calls, 0)) {
      return List.of("waited " + ring.enter(1));
    }
  }

  // ---- TCP

  @SuppressWarnings("AddressSelection") // a number, not a name
  private static long loopback(CallState calls, int port) {
    long address = calls.allocate(RawAddress.CAPACITY_BYTES);
    int length =
        RawAddress.encode(
            new java.net.InetSocketAddress("127.0.0.1", port), LinuxSockets.AF_INET, address);
    assert length == RawAddress.INET4_BYTES;
    return address;
  }

  private static int tcp(CallState calls) {
    int type = LinuxSockets.SOCK_STREAM | LinuxSockets.SOCK_NONBLOCK;
    return LinuxSockets.socket(calls, LinuxSockets.AF_INET, type, 0);
  }

  private static int port(CallState calls, int fd) {
    long name = calls.allocate(RawAddress.CAPACITY_BYTES + 8);
    long length = name + RawAddress.CAPACITY_BYTES;
    Memory.putInt(length, RawAddress.CAPACITY_BYTES);
    int ignored = LinuxSockets.getsockname(calls, fd, name, length);
    var address = (java.net.InetSocketAddress) RawAddress.decode(name, Memory.getInt(length));
    assert address != null : "a socket of TCP has a name";
    return address.getPort();
  }

  private static List<String> accepts(CallState calls) {
    List<String> told = new ArrayList<>();
    int listener = tcp(calls);
    told.add("bind " + LinuxSockets.bind(calls, listener, loopback(calls, 0), 16));
    told.add("listen " + LinuxSockets.listen(calls, listener, 8));
    told.add("accept " + LinuxSockets.accept(calls, listener));
    long target = loopback(calls, port(calls, listener));
    try (RawRing ring = new RawRing(calls, 0)) {
      int client = tcp(calls);
      ring.add(Uring.OP_CONNECT, 0, 0, client, 16, target, 0, 0, 1);
      told.addAll(ring.enterAndTake(1));
      ring.add(Uring.OP_ACCEPT, 0, Uring.ACCEPT_MULTISHOT, listener, 0, 0, 0, 2);
      List<String> accepted = ring.enterAndTake(1);
      told.add(accepted.getFirst().replaceAll(" \\d+ ", " N "));
      long again = loopback(calls, port(calls, listener)); // the entry's own may be spoilt
      told.add("connected " + LinuxSockets.connect(calls, client, again, 16));
      told.add("listener " + LinuxSockets.connect(calls, listener, again, 16));
    }
    return told;
  }

  private static List<String> refused(CallState calls) {
    List<String> told = new ArrayList<>();
    int listener = tcp(calls);
    int ignored = LinuxSockets.bind(calls, listener, loopback(calls, 0), 16);
    long nobody = loopback(calls, port(calls, listener));
    try (RawRing ring = new RawRing(calls, 0)) {
      int client = tcp(calls);
      ring.add(Uring.OP_CONNECT, 0, 0, client, 16, nobody, 0, 0, 1);
      told.addAll(ring.enterAndTake(1));
      told.add("unconnected " + send(calls, tcp(calls), "x"));
      told.add("unconnected " + receive(calls, tcp(calls), 4, 0));
    }
    return told;
  }

  // ---- pipes and options

  private static List<String> pipes(CallState calls) {
    List<String> told = new ArrayList<>();
    long two = calls.allocate(64);
    told.add("pipe " + LinuxFiles.pipe(calls, two, LinuxFiles.O_CLOEXEC));
    int from = Memory.getInt(two);
    int to = Memory.getInt(two + 4);
    long memory = calls.allocate(64);
    try (RawRing ring = new RawRing(calls, 0)) {
      ring.add(Uring.OP_READ, 0, 0, from, -1, memory, 8, 0, 1);
      told.addAll(ring.enterAndTake(1));
      Memory.putString(memory + 32, "piped");
      ring.add(Uring.OP_WRITE, 0, 0, to, -1, memory + 32, 5, 0, 2);
      told.addAll(sorted(ring.enterAndTake(2)));
      told.add(text(memory, 5));
      int ignored = LinuxFiles.close(calls, to);
      ring.add(Uring.OP_READ, 0, 0, from, -1, memory, 8, 0, 3);
      told.addAll(ring.enterAndTake(1));
      ring.add(Uring.OP_RECV, 0, 0, from, 0, memory, 8, 0, 4);
      told.addAll(ring.enterAndTake(1));
    }
    return told;
  }

  private static List<String> options(CallState calls) {
    List<String> told = new ArrayList<>();
    int fd = tcp(calls);
    long value = calls.allocate(16);
    for (int option :
        new int[] {LinuxSockets.SO_DOMAIN, LinuxSockets.SO_TYPE, LinuxSockets.SO_ERROR}) {
      Memory.putInt(value + 8, 4);
      int result =
          LinuxSockets.getsockopt(calls, fd, LinuxSockets.SOL_SOCKET, option, value, value + 8);
      told.add(option + ": " + result + " " + Memory.getInt(value));
    }
    Memory.putInt(value, 1);
    told.add(
        "set "
            + LinuxSockets.setsockopt(
                calls, fd, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_NODELAY, value, 4));
    Memory.putInt(value + 8, 4);
    int result =
        LinuxSockets.getsockopt(
            calls, fd, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_NODELAY, value, value + 8);
    told.add("get " + result + " " + Memory.getInt(value));
    told.add(
        "bad "
            + LinuxSockets.setsockopt(
                calls, 9999, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_NODELAY, value, 4));
    return told;
  }
}

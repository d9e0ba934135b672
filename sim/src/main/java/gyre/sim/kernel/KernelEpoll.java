package gyre.sim.kernel;

import gyre.engine.Errno;
import gyre.sim.fault.Fault;
import gyre.sys.LinuxEpoll;
import gyre.sys.Memory;
import gyre.sys.Syscall;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One epoll: descriptors that it was told of, and those of them that may be ready. */
final class KernelEpoll {
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final SimKernel kernel;
  private final Map<Integer, Item> items = new LinkedHashMap<>();
  private final ArrayDeque<Item> ready = new ArrayDeque<>();

  private KernelEpoll(SimKernel kernel) {
    this.kernel = kernel;
  }

  static void addTo(SimKernel kernel) {
    kernel.on(Syscall.EPOLL_CREATE1, (_, _, _, _, _, _) -> kernel.install(new KernelEpoll(kernel)));
    kernel.on(
        Syscall.EPOLL_CTL,
        (epoll, command, fd, event, _, _) ->
            kernel.own((int) epoll) instanceof KernelEpoll known
                ? known.control((int) command, (int) fd, event)
                : Errno.EBADF.negated());
    kernel.on(
        Syscall.EPOLL_PWAIT,
        (epoll, events, most, millis, _, _) ->
            waitOn(kernel, (int) epoll, events, (int) most, nanos((int) millis)));
    kernel.on(
        Syscall.EPOLL_PWAIT2,
        (epoll, events, most, timespec, _, _) ->
            waitOn(kernel, (int) epoll, events, (int) most, nanos(timespec)));
  }

  private static long nanos(int millis) {
    return millis < 0 ? Long.MAX_VALUE : millis * NANOS_PER_MILLI;
  }

  private static long nanos(long timespec) {
    return timespec == 0
        ? Long.MAX_VALUE
        : Memory.getLong(timespec) * NANOS_PER_SECOND + Memory.getLong(timespec + 8);
  }

  private static long waitOn(SimKernel kernel, int epoll, long events, int most, long nanos) {
    return kernel.own(epoll) instanceof KernelEpoll known
        ? known.waitFor(events, most, nanos)
        : Errno.EBADF.negated();
  }

  /** A descriptor that it was told of. */
  final class Item implements OpenFile.Waiter {
    private final OpenFile file;
    private final int fd;
    private int events;
    private long data;
    private boolean isReady;

    Item(OpenFile file, int fd) {
      this.file = file;
      this.fd = fd;
    }

    @Override
    public void woken() {
      if (!isReady) {
        isReady = true;
        ready.add(this);
      }
    }

    @Override
    public boolean wants(int happened) {
      return (happened & (events | LinuxEpoll.EPOLLERR | LinuxEpoll.EPOLLHUP)) != 0;
    }

    /** The descriptor is gone, and the epoll forgets it. */
    void closed() {
      file.remove(this);
      items.remove(fd, this);
      if (isReady) {
        ready.remove(this);
      }
    }

    private int levels() {
      return file.levels() & (events | LinuxEpoll.EPOLLERR | LinuxEpoll.EPOLLHUP);
    }
  }

  private int control(int command, int fd, long event) {
    OpenFile file = kernel.file(fd);
    if (file == null) {
      return kernel.own(fd) == null && !kernel.isFile(fd)
          ? Errno.EBADF.negated()
          : Errno.EPERM.negated();
    }
    Item item = items.get(fd);
    if (command == LinuxEpoll.EPOLL_CTL_ADD) {
      if (item != null) {
        return Errno.EEXIST.negated();
      }
      item = new Item(file, fd);
      items.put(fd, item);
      file.add(item);
    } else if (item == null) {
      return Errno.ENOENT.negated();
    }
    if (command == LinuxEpoll.EPOLL_CTL_DEL) {
      item.closed();
      return 0;
    }
    item.events = LinuxEpoll.events(event, 0);
    item.data = LinuxEpoll.data(event, 0);
    if (item.levels() != 0) {
      item.woken();
    }
    return 0;
  }

  private int waitFor(long events, int most, long timeoutNanos) {
    kernel.takeFromOutside();
    if (timeoutNanos != 0 && kernel.strikes(Fault.INTERRUPTED_CALL, null)) {
      return Errno.EINTR.negated();
    }
    while (true) {
      int count = collect(events, most);
      if (count > 0 || timeoutNanos == 0) {
        return count;
      }
      int result = kernel.waitFor(() -> !ready.isEmpty(), timeoutNanos);
      if (result < 0) {
        return result == Errno.EINTR.negated() ? result : 0; // the time is up
      }
    }
  }

  private int collect(long events, int most) {
    if (ready.size() > 1 && kernel.strikes(Fault.REORDERED_COMPLETIONS, null)) {
      shuffle();
    }
    int limit = most;
    if (ready.size() > 1 && kernel.strikes(Fault.PARTIAL_SUBMISSION, null)) {
      limit = 1; // the rest comes with the next call
    }
    int count = 0;
    for (int left = ready.size(); left > 0 && count < limit; left--) {
      Item item = ready.remove();
      item.isReady = false;
      int levels = item.levels();
      if (levels == 0) {
        continue;
      }
      LinuxEpoll.putEvent(events + (long) count++ * LinuxEpoll.EVENT_BYTES, levels, item.data);
      boolean isLevel = (item.events & LinuxEpoll.EPOLLET) == 0;
      if (isLevel || kernel.strikes(Fault.SPURIOUS_EVENT, item.file)) {
        item.woken();
      }
    }
    return count;
  }

  private void shuffle() {
    List<Item> all = new ArrayList<>(ready);
    for (int i = all.size() - 1; i > 0; i--) {
      int other = kernel.chaos().of(Fault.REORDERED_COMPLETIONS).below(i + 1);
      Item swapped = all.set(i, all.get(other));
      all.set(other, swapped);
    }
    ready.clear();
    ready.addAll(all);
  }

  void close() {
    List.copyOf(items.values()).forEach(Item::closed);
  }

  @Override
  public String toString() {
    return "epoll of " + items.size() + " descriptors";
  }
}

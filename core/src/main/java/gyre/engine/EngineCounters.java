package gyre.engine;

/** What an engine did, for those who want to know what it costs. Written by its thread alone. */
public final class EngineCounters {
  /** System calls that waited or submitted: {@code io_uring_enter}, {@code epoll_wait}, select. */
  public long waits;

  /** All other system calls of the engine, per descriptor or per transfer. */
  public long calls;

  /** Registrations with the kernel: {@code epoll_ctl}, selection keys. */
  public long registrations;

  public long submissions;
  public long completions;

  /** Wake-ups received from other threads. */
  public long wakes;

  /** Times that receiving had to wait for memory. */
  public long starvations;

  /** Of streams: what has arrived, and what the kernel has taken. */
  public long bytesReceived;

  public long bytesSent;

  /** Completion queue overflows survived (io_uring). */
  public long overflows;
}

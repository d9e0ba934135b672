package gyre.engine.readiness;

import org.jspecify.annotations.Nullable;

/** Channels in order, linked through themselves: for the ready list and the starved. */
final class ChannelQueue {
  private @Nullable Channel first;
  private @Nullable Channel last;
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  void add(Channel channel) {
    assert !channel.queued;
    channel.queued = true;
    Channel behind = last;
    if (behind == null) {
      first = channel;
    } else {
      behind.next = channel;
    }
    last = channel;
    size++;
  }

  @Nullable Channel poll() {
    Channel channel = first;
    if (channel != null) {
      first = channel.next;
      channel.next = null;
      channel.queued = false;
      if (first == null) {
        last = null;
      }
      size--;
    }
    return channel;
  }
}

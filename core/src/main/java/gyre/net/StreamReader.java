package gyre.net;

import gyre.Fiber;
import gyre.spi.Internals;

/** The reads of a stream in direct style: how a fiber waits for bytes, and what it is told. */
final class StreamReader {
  private final SocketStream stream;
  private final StreamInput input;

  /** The read that waits has come to its time limit. */
  private boolean isExpired;

  StreamReader(SocketStream stream, StreamInput input) {
    this.stream = stream;
    this.input = input;
  }

  boolean await(int bytes, Fiber<?> caller) {
    if (bytes > stream.options().inputLimitBytes()) {
      throw new IllegalArgumentException(
          bytes + " bytes exceed the input limit of " + stream.options().inputLimitBytes());
    }
    if (bytes > stream.memory.largestClaim()) {
      throw new IllegalArgumentException(
          "await(%d) exceeds what one stream of this loop may claim (%d): read in parts or raise poolLimitBytes"
              .formatted(bytes, stream.memory.largestClaim()));
    }
    if (input.bytes.size() >= bytes) {
      return true;
    }
    try {
      while (input.bytes.size() < bytes) {
        if (input.isEnded() || stream.hasBreakage()) {
          return ended();
        }
        parkReader(caller, bytes);
      }
    } finally {
      if (stream.memoryState != MemoryState.LIGHT) {
        stream.memory.readerLeft(stream);
      }
    }
    return true;
  }

  private boolean ended() {
    stream.checkUnbroken();
    if (input.end != 0) {
      throw stream.fail(SocketStream.READ, input.end);
    }
    return false;
  }

  private void parkReader(Fiber<?> caller, int bytes) {
    if (input.reader != null) {
      throw new IllegalStateException(
          "fiber " + input.reader.name() + " is reading from " + stream.name() + " already");
    }
    stream.drainState().checkWanted();
    stream.keepInput();
    input.paused = false;
    input.reader = caller;
    input.awaited = bytes;
    input.start();
    isExpired = false; // that of a read which was cancelled at the same moment
    StreamTimeouts timeouts = stream.timeouts();
    if (timeouts != null) {
      timeouts.startRead();
    }
    stream.drainingAfterData();
    try {
      Internals.park(caller);
    } finally {
      input.reader = null;
      if (timeouts != null) {
        timeouts.stopRead();
      }
    }
    if (isExpired) {
      isExpired = false;
      throw stream.byPeer(
          new NetworkTimeoutException(
              SocketStream.READ,
              stream.name(),
              "received nothing for " + stream.options().readTimeout()));
    }
    stream.checkNotClosed(caller, "reading from");
    stream.drainState().checkWanted();
  }

  /** Only the read that waits is told. */
  void timedOut() {
    if (input.reader != null) {
      isExpired = true;
      Internals.resume(input.reader);
    }
  }
}

package gyre.http;

import gyre.Loop;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** What all connections of a server know. */
final class ServerState {
  private final HttpOptions options;
  private final HttpHandler handler;
  private final ConcurrentHashMap<Loop, LoopState> loops = new ConcurrentHashMap<>();
  private volatile boolean draining;
  private volatile boolean ended;

  ServerState(HttpOptions options, HttpHandler handler) {
    this.options = options;
    this.handler = handler;
  }

  HttpOptions options() {
    return options;
  }

  HttpHandler handler() {
    return handler;
  }

  boolean isDraining() {
    return draining;
  }

  /** Those whose answers last are told, on their loops. */
  void drain() {
    draining = true;
    tell(state -> state.drainings.end());
  }

  /** The server ends: those who left HTTP are told too. */
  void end() {
    drain();
    ended = true;
    tell(state -> state.endings.end());
  }

  private void tell(Consumer<LoopState> what) {
    loops.forEach((loop, state) -> {
      boolean ignored = loop.tryPost(() -> what.accept(state)); // one that is closed has told them
    });
  }

  /** On the loop. */
  LoopState onLoop(Loop loop) {
    LoopState state = loops.computeIfAbsent(loop, key -> new LoopState(key, this));
    // Looked at behind that: who drains later finds the loop, and one of before has not told it.
    if (draining && !state.drainings.isEnding()) {
      state.drainings.end();
    }
    if (ended && !state.endings.isEnding()) {
      state.endings.end();
    }
    return state;
  }

  /** A handler has failed: the listener of the loop hears of it, and the connection goes on. */
  void report(Loop loop, String request, Throwable failure) {
    HandlerFailure told = new HandlerFailure(request, failure);
    try {
      loop.post(() -> {
        throw told;
      });
    } catch (RejectedExecutionException e) {
      told.addSuppressed(e);
      throw told;
    }
  }

  /** Names the request. */
  private static final class HandlerFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HandlerFailure(String request, Throwable cause) {
      super("the handler of " + request + " failed: " + cause, cause);
    }
  }
}

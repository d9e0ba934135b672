package gyre;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.epoll.EpollEngine;
import gyre.engine.uring.UringEngine;
import gyre.engine.uring.UringOptions;
import java.util.function.Supplier;

/** The engine of a loop, and how it came to be chosen. */
record EngineSelection(Engine engine, String explanation) {
  static EngineSelection open(LoopOptions options) {
    Supplier<Engine> source = options.engineSource();
    if (source != null) {
      Engine engine = source.get();
      return new EngineSelection(engine, engine.name());
    }
    if (options.engine().equals("epoll")) {
      return new EngineSelection(EpollEngine.open(EngineOptions.defaults()), "epoll");
    }
    return new EngineSelection(UringEngine.open(UringOptions.defaults()), "io_uring");
  }
}

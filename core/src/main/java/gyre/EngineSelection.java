package gyre;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.epoll.EpollEngine;
import java.util.function.Supplier;

/** The engine of a loop, and how it came to be chosen. */
record EngineSelection(Engine engine, String explanation) {
  static EngineSelection open(LoopOptions options) {
    Supplier<Engine> source = options.engineSource();
    if (source == null) {
      return new EngineSelection(EpollEngine.open(EngineOptions.defaults()), "epoll");
    }
    Engine engine = source.get();
    return new EngineSelection(engine, engine.name());
  }
}

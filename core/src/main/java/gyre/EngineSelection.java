package gyre;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.choice.EngineChoice;
import gyre.engine.choice.Engines;
import java.util.function.Supplier;

/** The engine of a loop, and how it came to be chosen. */
record EngineSelection(Engine engine, String explanation) {
  static EngineSelection open(LoopOptions options) {
    Supplier<Engine> source = options.engineSource();
    if (source != null) {
      Engine engine = source.get();
      return new EngineSelection(engine, engine.name());
    }
    EngineChoice choice =
        Engines.open(
            options.engine(), EngineOptions.defaults().poolLimitBytes(options.poolLimitBytes()));
    return new EngineSelection(choice.engine(), choice.explanation());
  }
}

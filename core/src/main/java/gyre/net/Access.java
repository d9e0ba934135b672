package gyre.net;

import gyre.Handle;
import gyre.Loop;
import gyre.Scope;
import gyre.engine.Engine;

/** The engine of a loop, before there is a handle to ask. */
abstract class Access extends Handle {
  private Access() {}

  static Engine engine(Loop loop) {
    return engineOf(loop.root());
  }

  static Engine engine(Scope scope) {
    return engineOf(scope);
  }
}

/** The Gyre runtime: one loop for everything that waits. */
module gyre.core {
  requires static transitive org.jspecify;
  requires org.jctools.core;
  requires jdk.unsupported;

  exports gyre.io;
  exports gyre.io.codec;
  exports gyre;
  exports gyre.file;
  exports gyre.net;
  exports gyre.terminal;
  exports gyre.process;
  exports gyre.sync;
  exports gyre.engine to
      gyre.sim;
  exports gyre.probe to
      gyre.insight;
  exports gyre.engine.choice to
      gyre.sim;
  exports gyre.engine.epoll to
      gyre.sim;
  exports gyre.engine.uring to
      gyre.sim;
  exports gyre.spi to
      gyre.http,
      gyre.insight,
      gyre.sim;
  exports gyre.stream to
      gyre.http,
      gyre.sim;
  exports gyre.sys to
      gyre.sim;

  uses gyre.LoopWatch;
}

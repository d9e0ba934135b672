/** The Gyre runtime: one loop for everything that waits. */
module gyre.core {
  requires static transitive org.jspecify;
  requires org.jctools.core.jdk11;
  requires HdrHistogram;

  exports gyre.io;
  exports gyre.engine to
      gyre.sim;
}

/** The Gyre runtime: one loop for everything that waits. */
module gyre.core {
  requires static transitive org.jspecify;
  requires org.jctools.core;
  requires org.hdrhistogram.HdrHistogram;

  exports gyre.engine to
      gyre.sim;
}

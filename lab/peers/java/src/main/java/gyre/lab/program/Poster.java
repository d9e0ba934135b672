package gyre.lab.program;

/** A loop on a thread of its own that runs what others post to it. */
interface Poster {
  void post(Runnable task);
}

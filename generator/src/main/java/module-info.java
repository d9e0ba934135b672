/** Writes the same server for several runtimes. */
module gyre.generator {
  requires static transitive org.jspecify;

  exports gyre.generator;
}

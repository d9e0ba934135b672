/** The {@code gyre} command. */
module gyre.cli {
  requires gyre.balancer;
  requires gyre.core;
  requires gyre.generator;
  requires gyre.http;
  requires gyre.insight;
  requires gyre.lab;
  requires gyre.queue;
  requires gyre.sim;
  requires info.picocli;
  requires jdk.unsupported;
  requires static org.jspecify;

  opens gyre.cli to
      info.picocli;
}

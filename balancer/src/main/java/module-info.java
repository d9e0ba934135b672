/** A layer-4 load balancer on Gyre. */
module gyre.balancer {
  requires static transitive org.jspecify;
  requires transitive gyre.core;
  requires com.electronwill.nightconfig.core;
  requires com.electronwill.nightconfig.toml;
  requires transitive gyre.http;
  requires gyre.insight;
  requires tools.jackson.core;

  exports gyre.balancer;
  exports gyre.balancer.choice;
}

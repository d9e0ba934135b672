/** What a loop does, what holds it up, and what to do about it. */
module gyre.insight {
  requires static transitive org.jspecify;
  requires transitive gyre.core;
  requires transitive gyre.http;
  requires transitive HdrHistogram;
  requires java.management;
  requires jdk.jfr;
  requires tools.jackson.core;

  exports gyre.insight.prometheus;
  exports gyre.insight.text to
      gyre.balancer,
      gyre.cli,
      gyre.queue;
  exports gyre.insight.web;
  exports gyre.insight;

  provides gyre.LoopWatch with
      gyre.insight.Watchdog;
}

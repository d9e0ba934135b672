package gyre.balancer;

import gyre.insight.prometheus.PrometheusText;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The figures of a balancer for Prometheus. From any thread: all of them are atomic or final. */
final class BalancerMetrics {
  private static final double NANOS_PER_SECOND = 1e9;

  private BalancerMetrics() {}

  static String text(Balancer balancer) {
    PrometheusText text = PrometheusText.create();
    Counters counters = balancer.counters();
    text.gauge("gyre_balancer_sessions", "Connections and flows that are open.")
        .sample(counters.sessions.get());
    counters
        .all()
        .forEach((name, value) ->
            text.counter(
                    "gyre_balancer_" + name + "_total",
                    "As the command stats has it: " + name.replace('_', ' ') + ".")
                .sample(value));
    AccessLog log = balancer.accessLog();
    text.counter("gyre_balancer_access_log_dropped_total", "Lines that the disk was too slow for.")
        .sample(log == null ? 0 : (double) log.dropped());
    pools(balancer.pools(), text);
    targets(balancer, text);
    return text.toString();
  }

  private static void pools(List<Pool> pools, PrometheusText text) {
    PrometheusText.Family waiting =
        text.gauge("gyre_balancer_pool_waiting", "Clients that wait while all targets are full.");
    pools.forEach(pool -> waiting.sample(pool.line().size(), "pool", pool.name()));
    PrometheusText.Family panic =
        text.gauge("gyre_balancer_pool_panic", "1 while health is not heeded.");
    pools.forEach(pool -> panic.sample(pool.isPanic() ? 1 : 0, "pool", pool.name()));
    PrometheusText.Family remembered =
        text.gauge("gyre_balancer_pool_remembered", "Clients that have a target again.");
    pools.forEach(pool -> remembered.sample(pool.persistence().size(), "pool", pool.name()));
  }

  private static void targets(Balancer balancer, PrometheusText text) {
    List<Pool> pools = balancer.pools();
    each(
        text.gauge("gyre_balancer_target_up", "1 unless checks say that it is down."),
        pools,
        target -> target.health() == Target.Health.DOWN ? 0 : 1);
    each(
        text.gauge("gyre_balancer_target_ready", "1 unless it drains or is in maintenance."),
        pools,
        target -> target.admin() == AdminState.READY ? 1 : 0);
    each(
        text.gauge("gyre_balancer_target_weight", "Its part beside the others."),
        pools,
        Target::weight);
    each(
        text.gauge("gyre_balancer_target_active", "Connections that it has."),
        pools,
        Target::active);
    each(
        text.counter("gyre_balancer_target_connections_total", "Connections that it got."),
        pools,
        target -> target.connections.sum());
    each(
        text.counter("gyre_balancer_target_failures_total", "Connections that could not be made."),
        pools,
        target -> target.failures.sum());
    each(
        text.counter("gyre_balancer_target_connect_seconds_total", "Time until they were made."),
        pools,
        target -> target.connectNanos.sum() / NANOS_PER_SECOND);
    each(
        text.counter("gyre_balancer_target_bytes_in_total", "Bytes of clients that it got."),
        pools,
        target -> target.bytesIn.sum());
    each(
        text.counter("gyre_balancer_target_bytes_out_total", "Bytes that clients got of it."),
        pools,
        target -> target.bytesOut.sum());
    each(
        text.counter("gyre_balancer_target_checks_total", "Checks."),
        pools,
        target -> target.checks.sum());
    each(
        text.counter("gyre_balancer_target_failed_checks_total", "Checks that failed."),
        pools,
        target -> target.failedChecks.sum());
  }

  private static void each(
      PrometheusText.Family family, List<Pool> pools, ToDoubleFunction<Target> value) {
    for (Pool pool : pools) {
      for (Target target : pool.targets()) {
        family.sample(value.applyAsDouble(target), "pool", pool.name(), "target", target.name());
      }
    }
  }
}

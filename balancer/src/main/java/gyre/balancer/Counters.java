package gyre.balancer;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What a balancer counts in all. From any thread. */
final class Counters {
  final AtomicInteger sessions = new AtomicInteger();
  final LongAdder accepted = new LongAdder();
  final LongAdder done = new LongAdder();
  final LongAdder refusedByRate = new LongAdder();
  final LongAdder refusedByLimit = new LongAdder();
  final LongAdder refusedNobody = new LongAdder();
  final LongAdder queued = new LongAdder();
  final LongAdder queueTimeouts = new LongAdder();
  final LongAdder retries = new LongAdder();
  final LongAdder shed = new LongAdder();
  final LongAdder badHeaders = new LongAdder();
  final LongAdder broken = new LongAdder();
  final LongAdder timeouts = new LongAdder();
  final LongAdder datagramsIn = new LongAdder();
  final LongAdder datagramsOut = new LongAdder();
  final LongAdder datagramsDropped = new LongAdder();

  /** All but the number of sessions, which falls too, by name. */
  Map<String, Long> all() {
    Map<String, Long> all = new LinkedHashMap<>();
    all.put("accepted", accepted.sum());
    all.put("done", done.sum());
    all.put("broken", broken.sum());
    all.put("timeouts", timeouts.sum());
    all.put("retries", retries.sum());
    all.put("queued", queued.sum());
    all.put("queue_timeouts", queueTimeouts.sum());
    all.put("refused_nobody", refusedNobody.sum());
    all.put("refused_by_rate", refusedByRate.sum());
    all.put("refused_by_limit", refusedByLimit.sum());
    all.put("bad_headers", badHeaders.sum());
    all.put("shed", shed.sum());
    all.put("datagrams_in", datagramsIn.sum());
    all.put("datagrams_out", datagramsOut.sum());
    all.put("datagrams_dropped", datagramsDropped.sum());
    return all;
  }
}

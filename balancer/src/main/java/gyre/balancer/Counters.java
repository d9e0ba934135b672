package gyre.balancer;

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
}

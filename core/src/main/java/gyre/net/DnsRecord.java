package gyre.net;

import java.net.InetAddress;

/** What a name server tells of a name. */
sealed interface DnsRecord {
  /** In lower case, without a dot at the end. */
  String name();

  long ttlSeconds();

  /** A or AAAA. */
  record Address(String name, long ttlSeconds, InetAddress address) implements DnsRecord {}

  /** The name stands for another one. */
  record Alias(String name, long ttlSeconds, String target) implements DnsRecord {}

  /** SRV: where a service is to be found. */
  record Service(String name, long ttlSeconds, DnsService service) implements DnsRecord {}

  /** SOA: how long it may be remembered that there is nothing. */
  record Authority(String name, long ttlSeconds) implements DnsRecord {}
}

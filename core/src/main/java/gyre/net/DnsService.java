package gyre.net;

/**
 * One place at which a service is to be found, as an SRV record tells.
 *
 * @param priority the lowest is tried first
 * @param weight how often it is chosen among those of the same priority
 */
public record DnsService(String host, int port, int priority, int weight) {}

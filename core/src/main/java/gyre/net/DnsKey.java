package gyre.net;

/** What is asked for: a name in lower case, and a kind of record. */
record DnsKey(String name, int type) {}

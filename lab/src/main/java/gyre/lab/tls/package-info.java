/** What clients of servers under test need for TLS. */
@org.jspecify.annotations.NullMarked
package gyre.lab.tls;

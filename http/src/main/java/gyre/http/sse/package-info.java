/** Server-sent events: a hub that sends to many, and a client that comes back. */
@org.jspecify.annotations.NullMarked
package gyre.http.sse;

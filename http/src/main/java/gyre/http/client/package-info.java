/** A client for HTTP/1.1 in direct style, with futures for callbacks. */
@org.jspecify.annotations.NullMarked
package gyre.http.client;

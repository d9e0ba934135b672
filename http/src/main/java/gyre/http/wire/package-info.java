/** What the packages of HTTP share and users do not see: how an answer is read from bytes. */
@org.jspecify.annotations.NullMarked
package gyre.http.wire;

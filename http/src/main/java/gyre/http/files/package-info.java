/** Serving files over HTTP. */
@org.jspecify.annotations.NullMarked
package gyre.http.files;

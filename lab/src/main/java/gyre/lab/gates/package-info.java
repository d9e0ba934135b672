/** Five quality gates for any server of TCP echo or HTTP. */
@org.jspecify.annotations.NullMarked
package gyre.lab.gates;

/** A layer-4 load balancer for TCP and UDP. */
@NullMarked
package gyre.balancer;

import org.jspecify.annotations.NullMarked;

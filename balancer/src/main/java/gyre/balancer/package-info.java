/**
 * A layer-4 load balancer for TCP and UDP. {@link gyre.balancer.Balancer} runs what a {@link
 * gyre.balancer.BalancerConfig} says, which is read from a file by {@link
 * gyre.balancer.BalancerFile}.
 */
@NullMarked
package gyre.balancer;

import org.jspecify.annotations.NullMarked;

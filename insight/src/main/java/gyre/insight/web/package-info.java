/**
 * What the page of a tool needs: files from the jar, data as JSON, actions, and a live feed, for
 * one who looks from this machine or, with a token, from another.
 */
@NullMarked
package gyre.insight.web;

import org.jspecify.annotations.NullMarked;

/** The instrument that tells how fast Gyre is, beside its peers. */
module gyre.lab {
  requires com.electronwill.nightconfig.core;
  requires com.electronwill.nightconfig.toml;
  requires com.grack.nanojson;
  requires transitive gyre.generator;
  requires HdrHistogram;
  requires jdk.jfr;
  requires static org.jspecify;

  exports gyre.lab;
  exports gyre.lab.gates;
  exports gyre.lab.judge;
  exports gyre.lab.round;
}
